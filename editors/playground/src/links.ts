/** Links that open in the page: the code of a finding leads to the explanation of its rule. */

import { editor, Uri } from "monaco-editor/editor";

const SCHEME = "seqspec-rule";

export function explainLink(code: string): Uri {
  return Uri.from({ scheme: SCHEME, path: code });
}

/** Shows explanations in the page; every other link stays closed, as the page leads nowhere else. */
export function openLinks(explain: (code: string) => void): void {
  editor.registerLinkOpener({
    open(resource) {
      if (resource.scheme === SCHEME) explain(resource.path);
      return true;
    },
  });
}
