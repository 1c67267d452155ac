import { load } from './commonjs.js';

export const { createElement, useLayoutEffect, useRef, useState } = load('react');
