import { load } from './commonjs.js';

export const { createRoot } = load('react-dom/client');
