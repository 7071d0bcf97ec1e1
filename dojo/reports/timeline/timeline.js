"use strict";
(() => {
  const run = JSON.parse(document.getElementById("run").textContent);
  const moments = run.moments;
  const at = id => document.getElementById(id);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const turns = moments.flatMap((each, number) => (each.turn ? [number] : []));
  let now = -1;
  let previous = 0;

  function element(name, text, className) {
    const made = document.createElement(name);
    made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function row(texts, className) {
    const made = document.createElement("tr");
    if (className) made.className = className;
    texts.forEach((text, column) => {
      const cell = element(column ? "td" : "th", text);
      if (!column) cell.scope = "row";
      made.append(cell);
    });
    return made;
  }

  function fill(id, rows, nothing) {
    const table = at(id);
    table.tBodies[0].replaceChildren(...(rows.length ? rows : [row([nothing, "", ""], "same")]));
  }

  function showWords(moment) {
    at("say").textContent = moment.say;
    at("code").firstElementChild.textContent = moment.code;
    const lines = [
      ...moment.missed.map(text => element("li", text, "missed")),
      ...moment.did.map(text => element("li", text)),
    ];
    at("did").replaceChildren(...lines);
    const last = now === moments.length - 1;
    const failed = document.querySelector("header .badge.fail") !== null;
    at("live").className = last ? (failed ? "end-fail" : "end-pass") : moment.turn ? "turn" : "";
  }

  function showThreads(moment) {
    const rows = run.threads.map((name, number) => {
      const stands = run.standings[moment.threads[number]];
      const acts = number === moment.who;
      return stands
        ? row([name, stands[2], stands[1]], acts ? "acts" : "")
        : row([name, "", "not started yet"], "same");
    });
    fill("threads", rows, "");
    for (const name of document.querySelectorAll("#names .name")) {
      name.classList.toggle("acts", Number(name.dataset.thread) === moment.who);
    }
    fill("locks", moment.locks.map(number => row(run.locks[number])), "no lock is held");
  }

  // What each variable is now, and where it changed last: one pass over all moments up to now.
  function showValues() {
    const found = new Map();
    moments.slice(0, now + 1).forEach((moment, number) => {
      for (const [name, before, value, written] of moment.values) {
        found.set(name, { before, value, written, number });
      }
    });
    const often = new Set();
    const seen = new Set();
    for (const moment of moments) {
      for (const [name] of moment.values) (seen.has(name) ? often : seen).add(name);
    }
    const entries = [...found].sort(([one], [other]) => often.has(other) - often.has(one) || one - other);
    const rows = entries.map(([name, { before, value, written, number }]) => {
      const who = run.threads[moments[number].who];
      const by = written ? `by ${who}` : `seen by ${who}`;
      const change = before ? `${before} → ${value}, ${by}, step ${number + 1}` : "";
      const style = number === now && before ? "changed" : often.has(name) ? "" : "same";
      return row([run.names[name], value, change], style);
    });
    fill("values", rows, "no value is known yet");
  }

  function showSource(moment) {
    for (const old of document.querySelectorAll(".source li.at, .source li.here")) {
      old.classList.remove("at", "here");
      old.querySelectorAll(".chip").forEach(chip => chip.remove());
    }
    run.threads.forEach((name, number) => {
      const stands = run.standings[moment.threads[number]];
      if (!stands || !stands[3] || stands[0] === "ended") return;
      const line = at(stands[3] > 0 ? `L${stands[3]}` : `P${-stands[3]}`);
      if (!line) return;
      const acts = number === moment.who;
      line.classList.add("at");
      if (acts) line.classList.add("here");
      const chip = element("span", `${acts ? "▶ " : ""}${name}`, acts ? "chip acts" : "chip");
      chip.title = stands[1];
      line.append(chip);
      if (acts) bring(line);
    });
    if (now < moments.length - 1) return;
    // At the end nobody acts: show what raised, or else where the first one is stuck.
    const raised = at(`L${run.raised}`);
    if (raised) {
      raised.classList.add("at");
      raised.append(element("span", "✗ raised here", "chip raised"));
    }
    const stuck = raised ?? document.querySelector("#source li.at");
    if (stuck) bring(stuck);
  }

  function bring(line) {
    const box = line.closest(".source");
    const top = line.offsetTop - box.offsetTop;
    if (top < box.scrollTop + 30 || top > box.scrollTop + box.clientHeight - 60) {
      box.scrollTop = top - box.clientHeight / 3;
    }
  }

  function showDrawing(moment) {
    for (const id of ["playhead", "frame"]) {
      at(id).setAttribute("x", moment.x);
      at(id).setAttribute("width", moment.w);
    }
    const box = at("scroll");
    const left = moment.x - box.scrollLeft;
    if (left < 40 || left + moment.w > box.clientWidth - 80) {
      const target = moment.x - box.clientWidth / 3;
      const gentle = Math.abs(now - previous) === 1 && !calm.matches;
      box.scrollTo({ left: target, behavior: gentle ? "smooth" : "auto" });
    }
  }

  // The time of a stretch stays in sight while the stretch does.
  function keepTimes() {
    const left = at("scroll").scrollLeft;
    for (const text of document.querySelectorAll("#picture .time")) {
      const { from, to } = text.dataset;
      text.setAttribute("x", Math.max(Number(from), Math.min(left, Number(to) - 40)) + 6);
    }
  }

  function showControls(moment) {
    const text = `step ${now + 1} of ${moments.length}`;
    at("position").textContent = `${text}, ${moment.time}`;
    at("slider").value = now + 1;
    at("slider").setAttribute("aria-valuetext", `${text}: ${moment.say}`);
    for (const [id, off] of [
      ["first", now === 0],
      ["previous", now === 0],
      ["next", now === moments.length - 1],
      ["last", now === moments.length - 1],
      ["turn-back", !turns.some(turn => turn < now)],
      ["turn", !turns.some(turn => turn > now)],
    ]) {
      at(id).setAttribute("aria-disabled", off);
      at(id).classList.toggle("off", off);
    }
    for (const old of document.querySelectorAll("#steps tr.here")) {
      old.classList.remove("here");
      old.removeAttribute("aria-current");
    }
    const current = document.querySelector(`#steps tr[data-beat="${now}"]`);
    current.classList.add("here");
    current.setAttribute("aria-current", "step");
  }

  function go(number, keepAddress) {
    const target = Math.max(0, Math.min(moments.length - 1, number));
    if (target === now) return;
    previous = now;
    now = target;
    const moment = moments[now];
    showWords(moment);
    showThreads(moment);
    showValues();
    showSource(moment);
    showDrawing(moment);
    showControls(moment);
    document.body.dataset.step = now + 1;
    if (!keepAddress) {
      try {
        history.replaceState(null, "", `#step=${now + 1}`);
      } catch {
        // A viewer may forbid it; stepping goes on without.
      }
    }
  }

  const turn = (back) => {
    const found = back ? turns.filter(each => each < now).pop() : turns.find(each => each > now);
    if (found !== undefined) go(found);
  };

  const moves = {
    first: () => go(0),
    previous: () => go(now - 1),
    next: () => go(now + 1),
    last: () => go(moments.length - 1),
    "turn-back": () => turn(true),
    turn: () => turn(false),
  };
  const keys = { Home: "first", ArrowLeft: "previous", ArrowRight: "next", End: "last", P: "turn-back", p: "turn" };

  function fromAddress() {
    const found = /^#step=(\d+)$/.exec(location.hash);
    return found ? Number(found[1]) - 1 : null;
  }

  if (!moments.length) return;
  for (const [id, move] of Object.entries(moves)) at(id).addEventListener("click", move);
  at("slider").addEventListener("input", () => go(Number(at("slider").value) - 1));
  document.addEventListener("keydown", event => {
    const move = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
    if (!move) return;
    event.preventDefault();
    moves[move]();
  });
  at("drawing").addEventListener("click", event => {
    const x = event.clientX - at("drawing").getBoundingClientRect().left;
    const found = moments.findIndex(moment => x < moment.x + moment.w);
    go(found < 0 ? moments.length - 1 : found);
  });
  at("scroll").addEventListener("scroll", keepTimes, { passive: true });
  addEventListener("beforeprint", () => {
    at("scroll").scrollLeft = 0;
    keepTimes();
  });
  addEventListener("hashchange", () => {
    const number = fromAddress();
    if (number !== null) go(number, true);
  });
  go(fromAddress() ?? 0, true);
})();
