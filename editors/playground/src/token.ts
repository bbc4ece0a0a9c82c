/** The token of this page: behind the # of the printed address, and kept for this tab so that it can be loaded again. */

const KEY = "seqspec-token";

export function takeToken(): string | null {
  const given = location.hash.slice(1);
  if (given) {
    sessionStorage.setItem(KEY, given);
    history.replaceState(null, "", location.pathname);
  }
  return sessionStorage.getItem(KEY);
}
