import { render } from 'preact';
import { App } from './app.js';
import { restoreSession } from './session.js';
import { applyTheme } from './theme.js';
import './styles/index.css';

applyTheme();
void restoreSession();
const root = document.getElementById('page');
if (root !== null) render(<App />, root);
