export { allTasks, findTask, type TaskMatch } from './catalogue.js';
export { searchTasks, type TaskSearch } from './search.js';
export * from './types.js';
export { ctWindowFor } from './ct-windows.js';
