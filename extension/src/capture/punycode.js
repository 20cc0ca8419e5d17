/** Decodes the ASCII form of a host (RFC 3492). Browsers give a script no other form. */
const BASE = 36;
const [T_MIN, T_MAX, SKEW, DAMP] = [1, 26, 38, 700];

/**
 * A host with each `xn--` label in its letters. A label that is not valid stays as it is.
 * @param {string} host
 */
export function unicodeHost(host) {
  return host.includes('xn--') ? host.split('.').map((label) => (label.startsWith('xn--') ? decodedLabel(label) : label)).join('.') : host;
}

/** @param {string} label  with `xn--` */
function decodedLabel(label) {
  const text = label.slice(4);
  const hyphen = text.lastIndexOf('-');
  const points = hyphen > 0 ? [...text.slice(0, hyphen)].map((letter) => letter.codePointAt(0) ?? 0) : [];
  let [code, bias, sum, at] = [128, 72, 0, hyphen > 0 ? hyphen + 1 : 0];
  while (at < text.length) {
    const before = sum;
    for (let weight = 1, k = BASE; ; k += BASE) {
      const digit = digitOf(text.charCodeAt(at));
      at += 1;
      if (digit === null) return label;
      sum += digit * weight;
      const threshold = Math.min(T_MAX, Math.max(T_MIN, k - bias));
      if (digit < threshold) break;
      weight *= BASE - threshold;
    }
    const length = points.length + 1;
    bias = adapted(sum - before, length, before === 0);
    code += Math.floor(sum / length);
    sum %= length;
    if (code > 0x10ffff) return label;
    points.splice(sum, 0, code);
    sum += 1;
  }
  return String.fromCodePoint(...points);
}

/** @param {number} unit  NaN past the end of the label */
function digitOf(unit) {
  if (unit >= 97 && unit <= 122) return unit - 97;
  return unit >= 48 && unit <= 57 ? unit - 22 : null;
}

/**
 * @param {number} delta
 * @param {number} length
 * @param {boolean} isFirst
 */
function adapted(delta, length, isFirst) {
  let rest = isFirst ? Math.floor(delta / DAMP) : delta >> 1;
  rest += Math.floor(rest / length);
  let k = 0;
  for (; rest > ((BASE - T_MIN) * T_MAX) >> 1; k += BASE) rest = Math.floor(rest / (BASE - T_MIN));
  return k + Math.floor(((BASE - T_MIN + 1) * rest) / (rest + SKEW));
}
