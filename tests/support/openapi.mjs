// Prints the paths of docs/openapi.yaml as JSON, with what they refer to in its place: for tests in other languages.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const { resolve } = createRequire(new URL('../../web/package.json', import.meta.url));
const { Validator } = await import(pathToFileURL(resolve('@seriousme/openapi-schema-validator')).href);
const validator = new Validator();
const { valid, errors } = await validator.validate(readFileSync(new URL('../../docs/openapi.yaml', import.meta.url), 'utf8'));
if (!valid) throw new Error(JSON.stringify(errors));
console.log(JSON.stringify(validator.resolveRefs().paths));
