"use strict";
// Verifies a .preuve by docs/proofs.md, section 6. No network, no library; shares no code with the server, only the
// table of kinds and the French words, which stand in WORDS.
const Verifier = (() => {
  class Invalid extends Error {
    constructor(code, text) { super(text); this.code = code; }
  }
  const malformed = (text) => { throw new Invalid("malformed", text); };
  const utf8 = new TextEncoder();
  const bytes = (text) => utf8.encode(text);
  const concat = (...parts) => {
    const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) { all.set(part, at); at += part.length; }
    return all;
  };
  const equal = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);
  const hex = (data) => Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");

  // Canonical base64 with padding, or null.
  const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const base64 = (data) => {
    let text = "";
    for (let i = 0; i < data.length; i += 3) {
      const [a, b, c] = [data[i], data[i + 1], data[i + 2]];
      text += ALPHABET[a >> 2] + ALPHABET[((a & 3) << 4) | ((b || 0) >> 4)];
      text += b === undefined ? "=" : ALPHABET[((b & 15) << 2) | ((c || 0) >> 6)];
      text += c === undefined ? "=" : ALPHABET[c & 63];
    }
    return text;
  };
  const unbase64 = (text, size) => {
    if (text.length % 4 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
    const out = [];
    for (let i = 0; i < text.length; i += 4) {
      const n = [0, 1, 2, 3].map((k) => Math.max(0, ALPHABET.indexOf(text[i + k])));
      out.push((n[0] << 2) | (n[1] >> 4), ((n[1] & 15) << 4) | (n[2] >> 2), ((n[2] & 3) << 6) | n[3]);
    }
    const pad = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
    const data = Uint8Array.from(out.slice(0, out.length - pad));
    return base64(data) === text && (size === undefined || data.length === size) ? data : null;
  };

  // SHA-2 for browsers without WebCrypto (a page that is not in a secure context).
  const primes = (count) => {
    const found = [];
    for (let n = 2; found.length < count; n++) if (found.every((p) => n % p)) found.push(n);
    return found;
  };
  const root = (value, k) => { // integer k-th root of a BigInt
    let low = 0n, high = 1n << 90n;
    while (low < high) {
      const middle = (low + high + 1n) >> 1n;
      if (middle ** k <= value) low = middle; else high = middle - 1n;
    }
    return low;
  };
  const fraction = (p, k, bits) => root(BigInt(p) << (k * bits), k) & ((1n << bits) - 1n);
  const sha2 = (data, wide) => {
    const bits = wide ? 64n : 32n, mask = (1n << bits) - 1n, size = wide ? 128 : 64, rounds = wide ? 80 : 64;
    const [s0, s1, e0, e1] = wide
      ? [[1n, 8n, 7n], [19n, 61n, 6n], [28n, 34n, 39n], [14n, 18n, 41n]]
      : [[7n, 18n, 3n], [17n, 19n, 10n], [2n, 13n, 22n], [6n, 11n, 25n]];
    const turn = (x, n) => ((x >> n) | (x << (bits - n))) & mask;
    const small = (x, [a, b, c]) => turn(x, a) ^ turn(x, b) ^ (x >> c);
    const large = (x, [a, b, c]) => turn(x, a) ^ turn(x, b) ^ turn(x, c);
    const K = primes(rounds).map((p) => fraction(p, 3n, bits));
    let H = primes(8).map((p) => fraction(p, 2n, bits));
    const padding = (size - ((data.length + 1 + size / 8) % size)) % size;
    const length = new Uint8Array(size / 8);
    for (let i = 0, n = BigInt(data.length) * 8n; i < length.length; i++, n >>= 8n) length[length.length - 1 - i] = Number(n & 255n);
    const all = concat(data, Uint8Array.of(128), new Uint8Array(padding), length);
    for (let at = 0; at < all.length; at += size) {
      const w = [];
      for (let i = 0; i < 16; i++) {
        let word = 0n;
        for (let k = 0; k < size / 16; k++) word = (word << 8n) | BigInt(all[at + i * (size / 16) + k]);
        w.push(word);
      }
      for (let i = 16; i < rounds; i++) w.push((w[i - 16] + small(w[i - 15], s0) + w[i - 7] + small(w[i - 2], s1)) & mask);
      let [a, b, c, d, e, f, g, h] = H;
      for (let i = 0; i < rounds; i++) {
        const one = (h + large(e, e1) + ((e & f) ^ (~e & mask & g)) + K[i] + w[i]) & mask;
        const two = (large(a, e0) + ((a & b) ^ (a & c) ^ (b & c))) & mask;
        [a, b, c, d, e, f, g, h] = [(one + two) & mask, a, b, c, (d + one) & mask, e, f, g];
      }
      H = [a, b, c, d, e, f, g, h].map((x, i) => (x + H[i]) & mask);
    }
    const out = [];
    for (const word of H) for (let shift = bits - 8n; shift >= 0n; shift -= 8n) out.push(Number((word >> shift) & 255n));
    return Uint8Array.from(out);
  };
  const subtle = globalThis.crypto && globalThis.crypto.subtle;
  const digest = async (name, data) => subtle ? new Uint8Array(await subtle.digest(name, data)) : sha2(data, name === "SHA-512");
  const sha256 = (...parts) => digest("SHA-256", concat(...parts));

  // Ed25519 (RFC 8032, section 5.1.7) for browsers whose WebCrypto lacks it.
  const P = (1n << 255n) - 19n, L = (1n << 252n) + 27742317777372353535851937790883648493n;
  const mod = (x) => { const r = x % P; return r < 0n ? r + P : r; };
  const power = (base, exponent) => {
    let result = 1n;
    for (let b = mod(base); exponent > 0n; exponent >>= 1n, b = mod(b * b)) if (exponent & 1n) result = mod(result * b);
    return result;
  };
  const inverse = (x) => power(x, P - 2n);
  const D = mod(-121665n * inverse(121666n));
  const little = (data) => data.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const decompress = (data) => {
    const sign = data[31] >> 7, y = little(data) & ((1n << 255n) - 1n);
    if (y >= P) return null;
    const u = mod(y * y - 1n), v = mod(D * y * y + 1n);
    let x = mod(u * power(v, 3n) * power(u * power(v, 7n), (P - 5n) / 8n));
    if (mod(v * x * x) !== u) x = mod(x * power(2n, (P - 1n) / 4n));
    if (mod(v * x * x) !== u || (x === 0n && sign)) return null;
    if (Number(x & 1n) !== sign) x = mod(-x);
    return [x, y, 1n, mod(x * y)];
  };
  const add = ([x1, y1, z1, t1], [x2, y2, z2, t2]) => {
    const a = mod((y1 - x1) * (y2 - x2)), b = mod((y1 + x1) * (y2 + x2)), c = mod(2n * t1 * t2 * D), d = mod(2n * z1 * z2);
    const [e, f, g, h] = [b - a, d - c, d + c, b + a];
    return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
  };
  const times = (point, n) => {
    let sum = [0n, 1n, 1n, 0n];
    for (; n > 0n; n >>= 1n, point = add(point, point)) if (n & 1n) sum = add(sum, point);
    return sum;
  };
  const compress = ([x, y, z]) => {
    const i = inverse(z);
    let n = mod(y * i) | ((mod(x * i) & 1n) << 255n);
    return Uint8Array.from({ length: 32 }, () => { const byte = Number(n & 255n); n >>= 8n; return byte; });
  };
  const BASE = () => decompress(concat(Uint8Array.of(0x58), new Uint8Array(31).fill(0x66)));
  const ed25519Slow = async (key, message, signature) => {
    const A = decompress(key), s = little(signature.slice(32));
    if (!A || s >= L) return false;
    const k = little(await digest("SHA-512", concat(signature.slice(0, 32), key, message))) % L;
    const minusA = [mod(-A[0]), A[1], A[2], mod(-A[3])];
    return equal(compress(add(times(BASE(), s), times(minusA, k))), signature.slice(0, 32));
  };
  const ed25519 = async (key, message, signature) => {
    if (signature.length !== 64) return false;
    if (subtle) {
      try {
        const known = await subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
        return await subtle.verify({ name: "Ed25519" }, known, signature, message);
      } catch (error) {
        if (error.name !== "NotSupportedError" && error.name !== "DataError") throw error;
      }
    }
    return ed25519Slow(key, message, signature);
  };

  const control = (text, allowed) => [...text].some((c) => /[\u0000-\u001f\u007f-\u009f]/.test(c) && !allowed.includes(c));
  const space = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/u;
  const decimal = (text) => {
    if (!/^(0|[1-9][0-9]*)$/.test(text)) return null;
    const n = BigInt(text);
    return n < 1n << 64n ? n : null;
  };
  // The place of the first separator, as Rust's split_once.
  const cut = (text, separator) => {
    const at = text.indexOf(separator);
    return at < 0 ? null : [text.slice(0, at), text.slice(at + separator.length)];
  };

  // --- keys, notes, checkpoints
  const nameOk = (name) => name.length > 0 && bytes(name).length <= 255 && !space.test(name) && !name.includes("+") && !control(name, "");
  const parseKey = async (text) => {
    const one = cut(text, "+"), two = one && cut(one[1], "+");
    if (!two) return null;
    const raw = unbase64(two[1], 33);
    if (!raw || (raw[0] !== 1 && raw[0] !== 4) || !nameOk(one[0])) return null;
    const id = (await sha256(bytes(one[0]), Uint8Array.of(10), raw)).slice(0, 4);
    return hex(id) === two[0] ? { name: one[0], id, log: raw[0] === 1, key: raw.slice(1), text } : null;
  };
  const parseNote = (text) => {
    const at = text.lastIndexOf("\n\n");
    if (at < 1 || !text.endsWith("\n") || text.length < at + 3 || control(text, "\n")) return null;
    const note = { text: text.slice(0, at + 1), signatures: [] };
    for (const line of text.slice(at + 2, -1).split("\n")) {
      const words = line.startsWith("\u2014 ") ? cut(line.slice(2), " ") : null;
      const data = words && unbase64(words[1]);
      if (!data || data.length < 5 || !nameOk(words[0]) || note.signatures.length === 64) return null;
      note.signatures.push({ name: words[0], id: data.slice(0, 4), data: data.slice(4) });
    }
    return note;
  };
  const parseCheckpoint = (text) => {
    const note = parseNote(text), lines = note ? note.text.slice(0, -1).split("\n") : [];
    if (lines.length !== 3 || !lines[0] || space.test(lines[0]) || control(lines[0], "")) return null;
    const size = decimal(lines[1]), rootHash = unbase64(lines[2], 32);
    return size === null || !rootHash ? null : { note, origin: lines[0], size, root: rootHash };
  };
  // null: this key did not sign; true: the log; a BigInt: seconds of a witness's clock.
  const signed = async (key, note) => {
    const ours = note.signatures.filter((line) => line.name === key.name && equal(line.id, key.id));
    if (!ours.length) return null;
    const bad = () => { throw new Invalid("bad-signature", `la signature de « ${key.name} » est fausse : le fichier a été modifié`); };
    if (ours.length > 1) bad();
    const data = ours[0].data;
    if (key.log) return await ed25519(key.key, bytes(note.text), data) || bad();
    if (data.length < 8) bad();
    const seconds = data.slice(0, 8).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    if (seconds >= 1n << 63n) bad();
    const message = bytes(`cosignature/v1\ntime ${seconds}\n${note.text}`);
    return await ed25519(key.key, message, data.slice(8)) ? seconds : bad();
  };

  // --- the policy (C2SP tlog-policy)
  const parsePolicy = async (text) => {
    const wrong = (line, what) => { throw new Error(`politique, ligne ${line} : ${what}`); };
    if (control(text, "\n\t")) wrong(0, "caractères interdits");
    const policy = { logs: [], witnesses: [], groups: [], quorum: null };
    const names = new Map(), grouped = new Set(), keys = new Set();
    let asked = false;
    const lines = text.split("\n");
    for (let number = 1; number <= lines.length; number++) {
      const words = lines[number - 1].split(/[ \t]/).filter(Boolean);
      if (!words.length || words[0].startsWith("#")) continue;
      const known = async (word, log) => {
        const key = await parseKey(word);
        if (!key || key.log !== log || keys.has(hex(key.key))) wrong(number, "clé refusée");
        keys.add(hex(key.key));
        return key;
      };
      const define = (name, member) => {
        if (name === "none" || names.has(name)) wrong(number, "ce nom est pris");
        names.set(name, member);
      };
      const named = (name) => names.get(name) || wrong(number, "nom inconnu");
      if (words[0] === "log" && (words.length === 2 || words.length === 3)) {
        policy.logs.push(await known(words[1], true));
      } else if (words[0] === "witness" && (words.length === 3 || words.length === 4)) {
        const member = { witness: policy.witnesses.length };
        policy.witnesses.push(await known(words[2], false));
        define(words[1], member);
      } else if (words[0] === "group" && words.length > 3) {
        const members = words.slice(3).map(named);
        const needed = { any: 1, all: members.length }[words[2]] ?? Number(decimal(words[2]) ?? wrong(number, "nombre"));
        if (needed < 1 || needed > members.length) wrong(number, "nombre");
        for (const member of members) {
          if (grouped.has(member)) wrong(number, "un membre n'appartient qu'à un groupe");
          grouped.add(member);
        }
        define(words[1], { needed, members });
      } else if (words[0] === "quorum" && words.length === 2 && !asked) {
        asked = true;
        policy.quorum = words[1] === "none" ? null : named(words[1]);
      } else {
        wrong(number, "log, witness, group ou quorum");
      }
    }
    if (!asked) wrong(0, "il manque la ligne « quorum »");
    return policy;
  };
  const met = (member, seen) => member.members
    ? member.members.filter((inner) => met(inner, seen)).length >= member.needed
    : seen.some(([witness]) => witness === member.witness);
  const sightings = async (policy, checkpoint) => {
    let good = false;
    for (const key of policy.logs.filter((log) => log.name === checkpoint.origin)) good = await signed(key, checkpoint.note) || good;
    if (!good) throw new Invalid("unknown-log", `aucune clé de confiance n'a signé pour le journal « ${checkpoint.origin} »`);
    const seen = [];
    for (const [number, witness] of policy.witnesses.entries()) {
      const seconds = await signed(witness, checkpoint.note);
      if (seconds !== null) seen.push([number, seconds]);
    }
    return seen.sort((a, b) => (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0));
  };

  // --- the leaf
  const fieldOf = (name) => {
    const numbered = /^(to|part|name)\.([1-9][0-9]{0,4})$/.exec(name);
    if (numbered) return Number(numbered[2]) <= 65535 ? { stem: numbered[1], number: Number(numbered[2]) } : null;
    return WORDS.fields[name] && !["to", "part", "name"].includes(name) ? { stem: name, number: 0 } : null;
  };
  const parseTime = (text) => {
    const ok = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/.test(text) && new Date(text);
    return ok && !Number.isNaN(ok.getTime()) && ok.toISOString().replace(".000Z", "Z") === text ? BigInt(ok.getTime() / 1000) : null;
  };
  const upTo = (limit) => (value) => { const n = decimal(value); return n !== null && n <= limit; };
  const U32 = 4294967295n, U64 = (1n << 64n) - 1n;
  const word = (value) => /^[a-z][a-z0-9-]{0,31}$/.test(value);
  const graphic = (value) => value.length > 0 && value.length <= 512 && /^[!-~]+$/.test(value);
  const ACCEPTS = {
    time: (value) => parseTime(value) !== null,
    envelope: (value) => /^[A-Za-z0-9_-]{21}[AQgw]$/.test(value),
    event: upTo(U32), events: upTo(U32),
    prev: (value) => unbase64(value, 32) !== null,
    root: (value) => unbase64(value, 32) !== null,
    token: (value) => unbase64(value, 32) !== null,
    rcpt: (value) => { const n = decimal(value); return n !== null && n >= 1n && n <= 65535n; },
    status: (value) => {
      const parts = value.split(".");
      return parts.length === 3 && ["2", "4", "5"].includes(parts[0]) && parts.slice(1).every(upTo(999n));
    },
    basis: (value) => value in WORDS.bases, grade: (value) => value in WORDS.grades,
    level: (value) => value in WORDS.levels, via: (value) => value in WORDS.vias,
    transferred: (value) => value === "yes" || value === "no",
    opened: (value) => value === "no" || value in WORDS.grades,
    ground: word, code: word, vkey: graphic, origin: graphic,
    leaves: upTo(U64), size: upTo(U64),
    offset: (value) => value !== "-0" && upTo(U32)(value.startsWith("-") ? value.slice(1) : value),
  };
  const parseLeaf = (text) => {
    const bad = (line) => malformed(`section event : feuille non conforme (ligne ${line})`);
    if (text.length > 8192 || !/^[ -~\n]*\n$/.test(text)) bad(1);
    const lines = text.slice(0, -1).split("\n");
    const kind = lines[0].startsWith("sceau-event/v1 ") ? lines[0].slice(15) : "";
    if (!Object.hasOwn(WORDS.kinds, kind)) bad(1);
    const table = WORDS.kinds[kind];
    const leaf = { kind, text, plain: {}, committed: [] };
    let last = -1, place = [-1, 0];
    for (let number = 2; number <= lines.length; number++) {
      const pair = cut(lines[number - 1], " ");
      if (!pair) bad(number);
      const [name, value] = pair;
      const rank = WORDS.plain.indexOf(name);
      if (rank >= 0) {
        const event = leaf.plain.event === undefined ? 0n : decimal(leaf.plain.event);
        const has = table.required.includes(name) || table.optional.includes(name);
        if (rank <= last || leaf.committed.length || !has || (name === "prev" && !(event > 0n))) bad(number);
        if (!ACCEPTS[name](value)) bad(number);
        const basis = leaf.plain.basis === undefined ? null : WORDS.bases[leaf.plain.basis];
        if (name === "basis" && !WORDS.bases[value].supports.includes(kind)) bad(number);
        if (name === "grade" && !(basis && basis.grade === value)) bad(number);
        const chained = table.required.includes("prev") || table.optional.includes("prev");
        if (name === "event" && decimal(value) > 0n && !chained) bad(number);
        leaf.plain[name] = value;
        last = rank;
      } else {
        const field = fieldOf(name);
        if (!field) bad(number);
        const order = table.committed.indexOf(field.stem);
        const later = order > place[0] || (order === place[0] && field.number > place[1]);
        const data = unbase64(value, 32);
        if (order < 0 || !later || !data) bad(number);
        place = [order, field.number];
        leaf.committed.push({ name, stem: field.stem, data });
      }
    }
    const missing = table.required.some((name) => leaf.plain[name] === undefined);
    if (missing || (leaf.plain.event !== undefined && leaf.plain.event !== "0" && leaf.plain.prev === undefined)) bad(lines.length);
    return leaf;
  };

  // --- the file
  const SECTIONS = ["event", "disclosures", "proof", "not-before", "anchor", "keys", "end"];
  const parseFile = async (data) => {
    if (data.length > 1 << 20) malformed("le fichier dépasse 1 Mio");
    let text;
    try {
      text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data).replaceAll("\r\n", "\n");
    } catch {
      malformed("le fichier contient des caractères interdits");
    }
    if (control(text, "\n")) malformed("le fichier contient des caractères interdits");
    if (!text.startsWith("sceau-preuve/v1\n")) malformed("ce n'est pas un fichier de preuve (sceau-preuve/v1)");
    const found = {};
    let rest = text.slice(16), next = 0;
    while (rest) {
      const head = rest.startsWith("=== ") ? cut(rest.slice(4), "\n") : null;
      const place = head ? SECTIONS.indexOf(head[0], next) : -1;
      if (place < 0) malformed("les sections du fichier ne sont pas celles d'une preuve");
      const after = head[1], mark = after.indexOf("\n=== ");
      const end = after.startsWith("=== ") ? 0 : mark < 0 ? after.length : mark + 1;
      found[head[0]] = after.slice(0, end);
      rest = after.slice(end);
      next = place + 1;
    }
    if (["event", "disclosures", "proof"].some((name) => found[name] === undefined) || found.end !== "")
      malformed("les sections du fichier ne sont pas celles d'une preuve");
    const file = { leaf: parseLeaf(found.event), disclosures: [] };
    await readDisclosures(file, found.disclosures);
    readProof(file, found.proof, "section proof : preuve d'inclusion non conforme");
    if (found["not-before"] !== undefined)
      file.notBefore = parseCheckpoint(found["not-before"]) || malformed("section not-before : point de contrôle non conforme");
    if (found.anchor !== undefined) {
      const pair = cut(found.anchor, "\n"), token = pair && unbase64(pair[0]);
      if (!token || !token.length) malformed("section anchor : jeton non conforme");
      file.anchor = { leaf: file.leaf };
      readProof(file.anchor, pair[1], "section anchor : jeton non conforme");
      file.anchored = true;
    }
    if (found.keys !== undefined) await readKeys(found.keys);
    return file;
  };
  const linesOf = (section) => (section === "" ? [] : (section.endsWith("\n") ? section.slice(0, -1) : section).split("\n"));
  const readDisclosures = async (file, section) => {
    let at = 0, number = 0;
    for (const line of linesOf(section)) {
      number += 1;
      const bad = () => malformed(`section disclosures, ligne ${number} : ne correspond pas à l'engagement scellé`);
      const one = cut(line, " "), two = one && cut(one[1], " ");
      if (!two || !fieldOf(one[0]) || !unbase64(two[0], 32)) bad();
      while (at < file.leaf.committed.length && file.leaf.committed[at].name !== one[0]) at += 1;
      if (at === file.leaf.committed.length) bad();
      const value = await sha256(bytes(`sceau-commit/v1\n${one[0]}\n${two[0]}\n${two[1]}\n`));
      if (!equal(value, file.leaf.committed[at].data)) bad();
      file.disclosures.push({ name: one[0], stem: file.leaf.committed[at].stem, value: two[1] });
      at += 1;
    }
  };
  const readProof = (file, section, what) => {
    const bad = () => malformed(what);
    if (!section.startsWith("c2sp.org/tlog-proof@v1\nindex ")) bad();
    let pair = cut(section.slice(29), "\n");
    if (!pair) bad();
    file.index = decimal(pair[0]);
    if (file.index === null) bad();
    file.path = [];
    for (;;) {
      pair = cut(pair[1], "\n");
      if (!pair || (pair[0] && file.path.length === 64)) bad();
      if (!pair[0]) break;
      file.path.push(unbase64(pair[0], 32) || bad());
    }
    file.checkpoint = parseCheckpoint(pair[1]) || bad();
  };
  const readKeys = async (section) => {
    const keys = new Set();
    for (const line of linesOf(section)) {
      if (!await parseKey(line) || keys.has(line) || keys.size === 64) malformed("section keys : clés non conformes");
      keys.add(line);
    }
    if (!keys.size) malformed("section keys : clés non conformes");
  };

  // RFC 9162, section 2.1.3.2.
  const included = async (file) => {
    let at = file.index, last = file.checkpoint.size - 1n;
    if (at > last) return false;
    let value = await sha256(Uint8Array.of(0), bytes(file.leaf.text));
    for (const sibling of file.path) {
      if (last === 0n) return false;
      if (at & 1n || at === last) {
        value = await sha256(Uint8Array.of(1), sibling, value);
        while (!(at & 1n) && at !== 0n) { at >>= 1n; last >>= 1n; }
      } else {
        value = await sha256(Uint8Array.of(1), value, sibling);
      }
      at >>= 1n;
      last >>= 1n;
    }
    return last === 0n && equal(value, file.checkpoint.root);
  };

  // Gives { file, result: "valid" | "unattested", after, before, assurance }, or throws Invalid.
  const verify = async (data, policy) => {
    const file = await parseFile(data);
    const seen = await sightings(policy, file.checkpoint);
    if (!await included(file)) throw new Invalid("not-included", "l'événement ne figure pas dans le journal signé");
    if (policy.quorum && !met(policy.quorum, seen))
      throw new Invalid("quorum", "moins de témoins que la politique n'en demande ont vu cet état du journal");
    if (file.anchor) {
      const other = file.anchor.index !== file.index || file.anchor.checkpoint.origin !== file.checkpoint.origin;
      if (other || !await included(file.anchor))
        throw new Invalid("anchor", "la section anchor n'horodate pas un état de ce journal qui contient l'événement");
      await sightings(policy, file.anchor.checkpoint);
    }
    const until = (list, from) => list.find((_, i) => met(policy.quorum, from ? list.slice(0, i + 1).reverse() : list.slice(0, i + 1)));
    const before = policy.quorum ? until(seen, false)?.[1] ?? null : null;
    let after = null;
    if (file.notBefore) {
      if (file.notBefore.origin !== file.checkpoint.origin || file.notBefore.size > file.index)
        throw new Invalid("not-before", "la section not-before vient d'un autre journal ou contient déjà l'événement");
      const earlier = await sightings(policy, file.notBefore);
      after = policy.quorum ? until([...earlier].reverse(), true)?.[1] ?? null : null;
    }
    const claimed = parseTime(file.leaf.plain.time);
    if (before !== null && claimed > before + 2n)
      throw new Invalid("too-late", "l'heure affirmée est postérieure à celle où les témoins avaient déjà vu l'événement");
    const attested = after !== null && before !== null && claimed >= after;
    return { file, result: attested ? "valid" : "unattested", after, before, claimed, assurance: policy.quorum ? "P1" : "P0" };
  };

  // Which disclosed part this file is, or whether it is the sealed message (the end of an .eml).
  const findPiece = async (file, content) => {
    const print = async (data) => `${data.length} sha256:${hex(await sha256(data))}`;
    const own = await print(content);
    for (const { name, stem, value } of file.disclosures) {
      if (stem === "part" && cut(value, " ")?.[1] === own) return `c'est la pièce ${name.slice(5)}, à l'octet près`;
    }
    const message = file.disclosures.find(({ name }) => name === "message");
    for (const [data, note] of message ? [[content, ""], [crlf(content), " (fins de ligne rétablies)"]] : []) {
      const size = Number(message.value.split(" ")[1]), start = data.length - size;
      const wholeLines = start === 0 || data[start - 1] === 10;
      if (start >= 0 && wholeLines && message.value === `message/rfc822 ${await print(data.slice(start))}`)
        return `c'est le message scellé, à l'octet près${note}` +
          (start ? ` ; les ${start} premiers octets, ajoutés en chemin, ne sont pas scellés` : "");
    }
    return null;
  };
  const crlf = (data) => {
    const out = [];
    data.forEach((byte, i) => { if (byte === 10 && data[i - 1] !== 13) out.push(13); out.push(byte); });
    return Uint8Array.from(out);
  };

  return { Invalid, parsePolicy, verify, findPiece, sha2, ed25519Slow, ed25519, hex };
})();
