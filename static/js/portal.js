// Adds to pages that work without it: copy, print, the resend countdown, reading the code from the SMS, ignoring double
// clicks, checking files before they are sent.
(() => {
  "use strict";
  const all = (selector) => document.querySelectorAll(selector);

  for (const button of all("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }

  for (const button of history.length > 1 ? all("[data-back]") : []) {
    button.hidden = false;
    button.addEventListener("click", () => history.back());
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

  // A question that depends on another one is shown with its answer; the server ignores it without
  const plain = (text) => String(text || "").normalize("NFD").replace(/[\u0300-\u036f]/g, "").trim().toLowerCase();
  for (const box of all("[data-shown-if]")) {
    const form = box.closest("form");
    const wanted = box.dataset.shownValues.split("|").map(plain);
    const update = () => { box.hidden = !wanted.includes(plain(new FormData(form).get(box.dataset.shownIf))); };
    for (const line of box.querySelectorAll("[data-only-if]")) line.hidden = true;
    form.addEventListener("change", update);
    update();
  }

  // Search among the lines while typing. The server answers the same form, with its choices saved
  for (const form of all("[data-line-search]")) {
    let timer;
    let latest = 0;
    form.elements.q.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(async () => {
        const asked = latest += 1;
        const body = new URLSearchParams(new FormData(form));
        body.set("ir", "buscar");
        body.delete("ver");
        try {
          const answer = await fetch(form.action, { method: "POST", body });
          const page = new DOMParser().parseFromString(await answer.text(), "text/html");
          const found = page.querySelector("[data-results]");
          if (asked !== latest || !found) return;
          form.querySelector("[data-results]").replaceWith(found);
          form.elements.page.value = 1;
          if (form.elements.ver) form.elements.ver.remove();
        } catch {
          // The button searches too
        }
      }, 250);
    });
  }

  // The server decides whether another code may be requested; this only avoids a refusal
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

  // Browsers that read the SMS offer the code; the visitor sees it in the field and submits it
  const code = "OTPCredential" in window ? document.querySelector("[autocomplete=one-time-code]") : null;
  if (code) {
    const typed = new AbortController();
    code.form.addEventListener("submit", () => typed.abort());
    navigator.credentials.get({ otp: { transport: ["sms"] }, signal: typed.signal })
      .then((sms) => { code.value = code.value || sms.code; })
      .catch(() => {});  // declined, too late, or no SMS: the visitor types it
  }

  // Ignore a second click within 5 seconds. Back, or a server that does not answer, makes the form usable again
  const sent = new Map();
  for (const form of all("form")) {
    form.addEventListener("submit", (event) => {
      if (Date.now() - (sent.get(event.submitter) || 0) < 5000) event.preventDefault();
      else sent.set(event.submitter, Date.now());
    });
  }
  addEventListener("pageshow", () => sent.clear());

  // Documents. Show at once, in the server's words, what it would refuse; make large photos smaller; on confirming,
  // send the files first, to show their progress. If anything fails, the form is sent as it is without scripts.
  for (const box of all("[data-files]")) files(box);

  function files(box) {
    const told = box.dataset;
    const input = box.querySelector("[type=file]");
    const staged = box.querySelector("[data-staged]");
    const others = Object.entries(JSON.parse(told.others));
    const most = Number(told.bytes);
    let chosen = []; // { file, note, ready }
    let replaced = null; // the file that the next choice replaces
    let sending = null; // the request in progress
    try {
      new DataTransfer();
    } catch {
      return;
    }

    const make = (tag, name, text) => Object.assign(document.createElement(tag), { className: name, textContent: text });
    const list = box.appendChild(make("ul", "files", ""));
    const bar = box.appendChild(make("progress", "", ""));
    const status = box.appendChild(make("p", "file-status", ""));
    list.setAttribute("aria-live", "polite");
    status.setAttribute("role", "status");
    bar.setAttribute("aria-label", told.sending);
    bar.hidden = true;

    const sizeOf = ({ size }) => {
      if (size < 1024) return `${size}\u00a0${size === 1 ? "byte" : "bytes"}`;
      const [unit, name] = size < 1048576 ? [1024, "KB"] : [1048576, "MB"];
      return `${(size / unit).toLocaleString("es", { minimumFractionDigits: 1, maximumFractionDigits: 1 })}\u00a0${name}`;
    };
    const kindOf = ({ name }) => name.split(".").pop().toLowerCase();
    const isPhoto = (file) => ["jpg", "jpeg"].includes(kindOf(file));
    const heavy = (file) => (isPhoto(file) ? "photo" : kindOf(file) === "pdf" ? "pdf" : "large");
    const problemOf = ({ file, reducing }) => {
      if (reducing) return "";
      const known = others.find(([kinds]) => kinds.split(" ").includes(kindOf(file)));
      let text = "";
      if (known) [, text] = known;
      else if (!told.kinds.split(" ").includes(kindOf(file))) text = told.wrong;
      else if (!file.size) text = told.empty;
      else if (file.size > most) text = told[heavy(file)];
      return text.replace(told.name, () => file.name);
    };
    const count = () => chosen.length + staged.querySelectorAll("[name=remove]:not(:checked)").length;

    const action = (label, entry, act) => {
      const button = Object.assign(make("button", "button-link", label), { type: "button", onclick: act });
      button.append(make("span", "hidden", ` ${entry.file.name}`));
      return button;
    };
    const draw = () => {
      list.replaceChildren(...chosen.map((entry) => {
        const problem = problemOf(entry);
        const line = make("li", "file", "");
        const name = line.appendChild(make("span", "file-name", `${entry.file.name} `));
        name.append(make("span", "muted", [sizeOf(entry.file), entry.note].filter(Boolean).join(", ")));
        if (problem) name.append(make("span", "file-wrong", problem));
        const actions = line.appendChild(make("span", "file-off", ""));
        actions.append(
          action(told.swap, entry, () => { replaced = entry; input.click(); }),
          action(told.off, entry, () => { chosen = chosen.filter((other) => other !== entry); keep(); input.focus(); }),
        );
        return line;
      }));
      status.textContent = count() > Number(told.count) ? told.many : "";
    };
    const keep = () => {
      const transfer = new DataTransfer();
      for (const { file } of chosen) transfer.items.add(file);
      input.files = transfer.files;
      draw();
    };

    // Shrink it in steps, in the camera's orientation, until it is within the server's limit
    const reduce = async (entry) => {
      const original = entry.file;
      const canvas = document.createElement("canvas");
      try {
        const image = await createImageBitmap(original, { imageOrientation: "from-image" });
        for (const [side, quality] of [[2560, 0.85], [2048, 0.8], [1600, 0.75], [1200, 0.7]]) {
          const scale = Math.min(1, side / Math.max(image.width, image.height));
          [canvas.width, canvas.height] = [image.width * scale, image.height * scale];
          canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
          const blob = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", quality); });
          if (!blob || blob.size > most) continue;
          entry.file = new File([blob], original.name, { type: "image/jpeg", lastModified: original.lastModified });
          entry.note = `${told.reduced} ${sizeOf(original)}`;
          break;
        }
        image.close();
      } catch { /* this browser cannot open the picture: show what the server would say */ }
      entry.reducing = false;
      if (!entry.note.startsWith(told.reduced)) entry.note = "";
      if (chosen.includes(entry)) keep();
    };
    const entryOf = (file) => {
      const entry = { file, note: "", reducing: isPhoto(file) && file.size > most };
      if (entry.reducing) {
        entry.note = told.reducing;
        entry.ready = reduce(entry);
      }
      return entry;
    };
    const same = (one) => (other) => one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;

    const add = () => {
      const known = chosen.filter((entry) => entry !== replaced).map(({ file }) => file);
      const added = [...input.files].filter((file) => !known.some(same(file))).map(entryOf);
      const place = replaced ? chosen.indexOf(replaced) : chosen.length;
      chosen.splice(place, replaced && added.length ? 1 : 0, ...added);
      replaced = null;
      keep();
    };
    input.addEventListener("change", add);
    input.addEventListener("cancel", () => { replaced = null; });
    staged.addEventListener("change", draw);
    if (input.files.length) add();

    const upload = () => new Promise((done) => {
      const data = new FormData(input.form);
      for (const name of new Set(data.keys())) {
        if (!["csrfmiddlewaretoken", "attachments", "staged", "remove"].includes(name)) data.delete(name);
      }
      sending = new XMLHttpRequest();
      sending.open("POST", told.address);
      sending.timeout = 300000;
      sending.upload.onprogress = ({ loaded, total }) => { bar.value = total ? loaded / total : 0; };
      sending.onload = ({ target }) => { done(target.responseText); };
      sending.onerror = sending.ontimeout = () => { done(""); };
      sending.send(data);
    });
    const stop = (text) => {
      sent.clear();
      sending = null;
      bar.hidden = true;
      status.textContent = text;
    };
    const send = async (submitter) => {
      bar.hidden = false;
      bar.value = 0;
      status.textContent = told.sending;
      await Promise.all(chosen.map((entry) => entry.ready));
      if (chosen.some(problemOf)) return stop(told.marked);
      const text = await upload();
      let answer = null;
      try {
        answer = JSON.parse(text);
      } catch { /* a page instead of JSON: the session ended, or a proxy answered. Submitting the form shows what to do */ }
      if (answer) {
        staged.insertAdjacentHTML("beforeend", answer.staged);
        if (!answer.choose_again) chosen = [];
        keep();
        if (answer.problems.length) {
          stop("");
          for (const problem of answer.problems) status.append(make("span", "file-wrong", problem));
          input.focus();
          return;
        }
      }
      stop(told.sent);
      sent.set(submitter, Date.now());
      if (submitter && submitter.name) {
        // `submit()` leaves out the button that was pressed
        const pressed = Object.assign(document.createElement("input"), { type: "hidden", name: submitter.name, value: submitter.value });
        input.form.append(pressed);
      }
      input.form.submit();
    };
    input.form.addEventListener("submit", (event) => {
      if (event.submitter && event.submitter.hasAttribute("formaction")) {
        if (sending) sending.abort();
      } else if (sending) {
        event.preventDefault();
      } else if (chosen.length && !event.defaultPrevented) {
        event.preventDefault();
        if (chosen.some(problemOf) || count() > Number(told.count)) {
          stop(count() > Number(told.count) ? told.many : told.marked);
          (list.querySelector(".file-wrong") || list).closest("ul, li").querySelector("button").focus();
        } else {
          sending = {};
          send(event.submitter);
        }
      }
    });
    addEventListener("pagehide", () => { if (sending && sending.abort) sending.abort(); });
    addEventListener("pageshow", () => { sending = null; bar.hidden = true; });
  }
})();
