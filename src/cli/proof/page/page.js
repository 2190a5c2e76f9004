"use strict";
(() => {
  const at = (id) => document.getElementById(id);
  const hidden = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;
  const visible = (text) => text.replace(hidden, "\ufffd");
  const when = (seconds) => {
    const date = new Date(Number(seconds) * 1000);
    return `${date.toISOString().replace(".000Z", "Z")} (${date.toLocaleString("fr-FR", { timeZone: "Europe/Paris", dateStyle: "long", timeStyle: "medium" })}, heure de Paris)`;
  };
  let proof = null;
  const read = async (file) => new Uint8Array(await file.arrayBuffer());

  const rows = (list) => {
    const table = document.createElement("table");
    for (const [label, text] of list.filter((row) => row[1] !== undefined && row[1] !== null)) {
      const row = table.insertRow(), head = document.createElement("th");
      head.textContent = label;
      row.append(head);
      row.insertCell().textContent = visible(String(text));
    }
    return table;
  };
  const tell = (id, kind, title, ...more) => {
    const place = at(id);
    place.className = kind;
    const head = document.createElement("h2");
    head.textContent = title;
    place.replaceChildren(head, ...more);
  };
  const sentence = ({ leaf, disclosures }) => {
    const value = (name) => disclosures.find((one) => one.name === name)?.value;
    const who = visible(value("login") ?? value("mailbox") ?? "X (non révélé)");
    const basis = leaf.plain.basis && WORDS.bases[leaf.plain.basis];
    return basis ? basis.sentences[leaf.kind].replace("{who}", () => who) : WORDS.kinds[leaf.kind].says;
  };
  const hourOf = ({ result, after, before }) => {
    if (result === "valid") return `attestée par les horloges de tiers : entre ${when(after)} et ${when(before)}`;
    if (after !== null && before !== null) return `non attestée : au journal après ${when(after)} seulement, l'heure affirmée est antérieure`;
    if (before !== null) return `non attestée : au plus tard ${when(before)} d'après les témoins`;
    return "non attestée : aucune horloge de tiers ; seul l'opérateur l'affirme";
  };
  const describe = (verdict) => {
    const { file } = verdict, { leaf } = file, kind = WORDS.kinds[leaf.kind];
    const shown = file.disclosures.map(({ name, stem, value }) => [WORDS.fields[stem] + (name === stem ? "" : ` ${name.split(".")[1]}`), value]);
    const unseen = leaf.committed.filter(({ name }) => !file.disclosures.some((one) => one.name === name)).map(({ name }) => name);
    return rows([
      ["Opérateur", file.checkpoint.origin], ["Heure affirmée", when(verdict.claimed)], ["Heure", hourOf(verdict)],
      ["Enveloppe", leaf.plain.envelope], ["Destinataire n°", leaf.plain.rcpt],
      ["Authentification", WORDS.levels[leaf.plain.level]], ["Par", WORDS.vias[leaf.plain.via]],
      ["Degré", WORDS.grades[leaf.plain.grade]], ["Code de statut", leaf.plain.status], ...shown,
      ["Non révélé", unseen.length ? unseen.join(", ") : null], ["Dit", kind.says], ["Ne dit pas", kind.saysNot],
      ["Garantie", verdict.assurance === "P1"
        ? "P1 : état du journal contresigné par les témoins que la politique demande"
        : "P0 : signée par le journal de l'opérateur seul"],
      ["Place au journal", `n° ${file.index} de ${file.checkpoint.size}`],
      ["Jeton d'horodatage", file.anchored ? "présent, non vérifié par cette page (sceau proof verify le fait)" : null],
    ]);
  };
  const judge = async () => {
    at("pieces").replaceChildren();
    if (!proof) return;
    let policy;
    try {
      policy = await Verifier.parsePolicy(at("policy").value.replaceAll("\r\n", "\n"));
    } catch (error) {
      return tell("verdict", "usage", "POLITIQUE ILLISIBLE", error.message);
    }
    try {
      const verdict = await Verifier.verify(proof, policy);
      proof.verdict = verdict;
      const kind = WORDS.kinds[verdict.file.leaf.kind];
      const line = document.createElement("p");
      line.className = "sentence";
      line.textContent = `${kind.label} : ${sentence(verdict.file)}`;
      const title = verdict.result === "valid" ? "VALIDE" : "VALIDE, HEURE NON ATTESTÉE";
      tell("verdict", verdict.result, title, line, describe(verdict));
    } catch (error) {
      if (!(error instanceof Verifier.Invalid)) throw error;
      proof.verdict = null;
      tell("verdict", "invalid", "INVALIDE", error.message);
    }
  };
  const compare = async (files) => {
    for (const file of files) {
      const line = document.createElement("p");
      const found = proof?.verdict && await Verifier.findPiece(proof.verdict.file, await read(file));
      line.className = found ? "valid" : "invalid";
      line.textContent = proof?.verdict
        ? `${visible(file.name)} : ${found ?? "ce fichier n'est aucune des pièces dont la preuve révèle l'empreinte"}`
        : "Déposer d'abord une preuve valide.";
      at("pieces").append(line);
    }
  };
  at("proof").addEventListener("change", async (event) => {
    if (event.target.files[0]) { proof = await read(event.target.files[0]); await judge(); }
  });
  at("policy").addEventListener("input", judge);
  at("piece").addEventListener("change", (event) => compare(event.target.files));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", async (event) => {
    event.preventDefault();
    for (const file of event.dataTransfer.files) {
      if (file.name.endsWith(".preuve")) { proof = await read(file); await judge(); } else await compare([file]);
    }
  });
})();
