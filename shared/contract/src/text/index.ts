export { linesOf, readLines, textOf, type TextLine, type TextSource } from './lines.js';
export { fileWord, nameForPeople } from './file-names.js';
