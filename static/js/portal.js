// Improves what already works without it: copy, print, the resend countdown, double clicks, files checked before sending.
(() => {
  "use strict";
  const all = (selector) => document.querySelectorAll(selector);

  for (const button of all("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }

  for (const button of navigator.clipboard ? all("[data-copy]") : []) {
    const label = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
      button.textContent = button.dataset.done;
      setTimeout(() => { button.textContent = label; }, 3000);
    });
  }

  // The server decides whether another code may be asked for; this only spares a refusal
  for (const line of all("[data-countdown]")) {
    const figure = line.querySelector("span");
    const button = line.closest("form").querySelector("button");
    const end = Date.now() + Number(figure.textContent) * 1000;
    button.disabled = true;
    const timer = setInterval(() => {
      const left = Math.ceil((end - Date.now()) / 1000);
      figure.textContent = Math.max(left, 1);
      if (left > 0) return;
      clearInterval(timer);
      line.textContent = line.dataset.over;
      button.disabled = false;
    }, 500);
  }

  // A second click within a few seconds is the same click; Back, or a server that does not answer, opens the form again
  const sent = new Map();
  for (const form of all("form")) {
    form.addEventListener("submit", (event) => {
      if (Date.now() - (sent.get(event.submitter) || 0) < 5000) event.preventDefault();
      else sent.set(event.submitter, Date.now());
    });
  }
  addEventListener("pageshow", () => sent.clear());

  // Tells before uploading what the server would refuse; it stops nobody
  for (const box of all("[data-files]")) {
    const input = box.querySelector("input");
    const list = box.appendChild(document.createElement("ul"));
    list.className = "files";
    list.setAttribute("aria-live", "polite");
    const { kinds, bytes, count, wrong, large, many } = box.dataset;
    const say = (text, bad) => {
      const line = list.appendChild(document.createElement("li"));
      line.textContent = text;
      if (bad) line.className = "file-wrong";
    };
    input.addEventListener("change", () => {
      list.replaceChildren();
      for (const file of input.files) {
        const ending = file.name.split(".").pop().toLowerCase();
        const [unit, name] = file.size < 1048576 ? [1024, "KB"] : [1048576, "MB"];
        const size = `${(file.size / unit).toLocaleString("es", { minimumFractionDigits: 1, maximumFractionDigits: 1 })} ${name}`;
        const problem = !kinds.split(" ").includes(ending) ? wrong : file.size > Number(bytes) ? large : "";
        say(`${file.name}: ${problem || size}`, problem);
      }
      if (input.files.length > Number(count)) say(many, true);
    });
  }
})();
