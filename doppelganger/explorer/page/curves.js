// The curve from theta in [0, 1] to a parameter's physical unit and back, as in synths/parameters/; numbers as text.

export function toPhysical(p, theta) {
  const symmetric = p.symmetric && p.curve !== 1;
  const y = symmetric ? 2 * theta - 1 : theta;
  const bent = Math.abs(y) ** (1 / p.curve);
  return p.low + (p.high - p.low) * (symmetric ? (1 + Math.sign(y) * bent) / 2 : bent);
}

export function toTheta(p, value) {
  if (p.high <= p.low) return 0.5;
  const unit = Math.min(1, Math.max(0, (value - p.low) / (p.high - p.low)));
  const symmetric = p.symmetric && p.curve !== 1;
  const y = symmetric ? 2 * unit - 1 : unit;
  const bent = Math.abs(y) ** p.curve;
  return symmetric ? (1 + Math.sign(y) * bent) / 2 : bent;
}

export const short = (value) => String(Number(Number(value).toPrecision(4)));

export const unitOf = (p) => (p.unit === "none" || p.unit === "choice" ? "" : p.unit);

export function option(p, value) {
  const number = Math.min(p.options.length - 1, Math.max(0, Math.floor(value) - Math.floor(p.low)));
  return { number, text: p.options[number] };
}

export function words(p, value) {
  return p.options.length ? option(p, value).text : `${short(value)} ${p.unit === "ratio" ? "" : unitOf(p)}`.trim();
}
