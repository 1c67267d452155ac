// The document of the API, shown by Swagger UI.
import { serverRoot } from './api.js';
import { find } from './dom.js';
import { drawIcons } from './icons.js';
import { themeButton } from './theme.js';

const root = document.documentElement;
const system = matchMedia('(prefers-color-scheme: dark)');

/** Swagger UI is dark by a class of its own. */
function setDarkness() {
  const { theme } = root.dataset;
  root.classList.toggle('dark-mode', theme ? theme === 'dark' : system.matches);
}

drawIcons(document);
themeButton(find(document, '#theme'));
setDarkness();
system.addEventListener('change', setDarkness);
new MutationObserver(setDarkness).observe(root, { attributeFilter: ['data-theme'] });

if (typeof SwaggerUIBundle === 'undefined') {
  find(document, '#missing').hidden = false;
} else {
  SwaggerUIBundle({
    domNode: find(document, '#document'),
    url: new URL('openapi.yaml', serverRoot).href,
    deepLinking: true,
    docExpansion: 'none',
    defaultModelsExpandDepth: 0,
    filter: true,
    // Nobody else is asked what the document is worth.
    validatorUrl: null,
    // The server wants the slashes of a path's name as they are.
    requestInterceptor: (request) => {
      request.url = request.url.replace(/^[^?]*/, (path) => path.replaceAll('%2F', '/'));
      return request;
    },
  });
}
