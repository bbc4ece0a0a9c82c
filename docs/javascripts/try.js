/* The front page: its example becomes the playground on request, or if the address holds a spec.
   Until then nothing of Python or of the editor is loaded. */
(() => {
  const area = document.getElementById("try");
  if (area === null) return;
  const button = area.querySelector("button");

  function show(fragment) {
    const frame = document.createElement("iframe");
    frame.title = "Playground";
    frame.src = `playground/index.html${fragment}`;
    area.replaceChildren(frame);
    area.classList.add("open");
  }

  async function packed(text) {
    const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  }

  button.hidden = false;
  button.addEventListener("click", async () => {
    show(`#toml=${await packed(area.querySelector("code").textContent)}`);
  });
  if (/^#(toml|json)=/.test(location.hash)) show(location.hash);
})();
