/// <reference types="vite/client" />

declare module "monaco-editor/editor/contrib/*";
declare module "monaco-editor/features/*/register";
declare module "monaco-editor/languages/definitions/python/register";
