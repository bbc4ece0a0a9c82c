/** The bar between editor and panel, moved by pointer or arrow keys; a double click puts it in the middle. */

const LEAST = 25;
const MOST = 75;
const STEP = 3;

export function splitter(bar: HTMLElement, whole: HTMLElement): void {
  let part = 52;
  const set = (to: number) => {
    part = Math.min(MOST, Math.max(LEAST, to));
    whole.style.setProperty("--part", `${part}%`);
    bar.setAttribute("aria-valuenow", part.toFixed(0));
  };
  bar.setAttribute("aria-valuemin", String(LEAST));
  bar.setAttribute("aria-valuemax", String(MOST));
  bar.addEventListener("pointerdown", (event) => bar.setPointerCapture(event.pointerId));
  bar.addEventListener("pointermove", (event) => {
    if (!bar.hasPointerCapture(event.pointerId)) return;
    const { left, width } = whole.getBoundingClientRect();
    set(((event.clientX - left) / width) * 100);
  });
  bar.addEventListener("dblclick", () => set(50));
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    set(part + step);
  });
  set(part);
}
