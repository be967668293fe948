export { linesOf, readLines, textOf, type TextLine, type TextSource } from './lines.js';
