// What the declarations promise is what the modules have; tsc says so, nothing runs this.
import * as client from '../rill-client.js';
import * as viewer from '../rtsp-stream-viewer.js';
import * as react from '../rtsp-stream-viewer-react.js';
import type * as declaredClient from './rill-client.d.ts';
import type * as declaredReact from './rtsp-stream-viewer-react.d.ts';
import type * as declaredViewer from './rtsp-stream-viewer.d.ts';

client satisfies typeof declaredClient;
viewer satisfies typeof declaredViewer;
react satisfies typeof declaredReact;
