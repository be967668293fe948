// The default theme without its web font: the readers' own fonts do, and the page loads less.
import Theme from 'vitepress/theme-without-fonts';
import './style.css';

export default Theme;
