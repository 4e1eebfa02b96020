// Numbers in words, digit by digit as `isogloss.report.numbers` and Python's own formats write them.
// A double is a fraction m * 2^e; rounding it as such, half to even, is what Python does.
window.isogloss.numbers = (() => {
  const NOTHING = "–";
  const MOST_DECIMALS = 3;
  const LEAST_OF_SCORES = 2;

  function fraction(value) { // of |value|: [top, bottom], whole numbers
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, Math.abs(value));
    const bits = view.getBigUint64(0);
    const exponent = Number(bits >> 52n);
    const mantissa = (bits & ((1n << 52n) - 1n)) | (exponent ? 1n << 52n : 0n);
    const power = Math.max(exponent, 1) - 1075;
    return power > 0 ? [mantissa << BigInt(power), 1n] : [mantissa, 1n << BigInt(-power)];
  }

  function scaled(value, places) { // |value| * 10^places as a whole number, the even one of two
    let [top, bottom] = fraction(value);
    if (places > 0) top *= 10n ** BigInt(places);
    else bottom *= 10n ** BigInt(-places);
    const whole = top / bottom;
    const rest = 2n * (top % bottom);
    return rest > bottom || (rest === bottom && whole % 2n) ? whole + 1n : whole;
  }

  function fixed(value, places) { // f"{value:.{places}f}"
    const digits = String(scaled(value, places)).padStart(places + 1, "0");
    const cut = digits.length - places;
    const sign = value < 0 || Object.is(value, -0) ? "-" : "";
    return sign + digits.slice(0, cut) + (places ? `.${digits.slice(cut)}` : "");
  }

  function round(value, places) {
    if (places >= 0) return Number(fixed(value, places));
    return Math.sign(value) * Number(scaled(value, places) * 10n ** BigInt(-places));
  }

  function magnitude(value) { // floor(log10): where the logarithm is a whole number but for its last bit, that
    const log = Math.log10(value);
    const near = Math.round(log);
    return Math.abs(log - near) <= Math.abs(near) * Number.EPSILON ? near : Math.floor(log);
  }

  function general(value, digits) { // f"{value:.{digits}g}", of what is above 0
    if (value === 0) return "0";
    let power = Number(value.toExponential().split("e")[1]);
    let whole = String(scaled(value, digits - 1 - power));
    if (whole.length > digits) {
      power += 1;
      whole = whole.slice(0, digits);
    }
    const short = whole.replace(/0+$/, "");
    if (power >= -4 && power < digits) return fixed(value, Math.max(0, short.length - 1 - power));
    const sign = power < 0 ? "-" : "+";
    const tail = short.length > 1 ? `.${short.slice(1)}` : "";
    return `${short[0]}${tail}e${sign}${String(Math.abs(power)).padStart(2, "0")}`;
  }

  function repr(value) { // as Python writes a float
    if (Number.isNaN(value)) return "nan";
    if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
    const [digits, power] = value.toExponential().split("e");
    if (value && (power < -4 || power >= 16)) return `${digits}e${power[0]}${power.slice(1).padStart(2, "0")}`;
    return Number.isInteger(value) ? `${value}.0` : String(value);
  }

  const percent = (share) => `${fixed(share * 100, 0)}%`; // f"{share:.0%}"

  function decimals(half) {
    if (!(half > 0) || !Number.isFinite(half)) return 3;
    const exponent = Math.floor(Math.log10(half) + 1e-12);
    const leading = half / Number(`1e${exponent}`);
    return Math.min(MOST_DECIMALS, -exponent + (leading < 3.55 ? 1 : 0));
  }

  function places(value, low, high) {
    const found = decimals((high - low) / 2);
    return Math.max(...[value, low, high].map(Math.abs)) <= 1 ? Math.max(found, LEAST_OF_SCORES) : found;
  }

  function written(value, places) {
    const text = fixed(round(value, places), Math.max(0, places));
    return /[1-9]/.test(text) ? text : text.replace("-", "");
  }

  function plain(value) {
    if (!Number.isFinite(value)) return repr(value);
    const size = Math.abs(value) >= 10 ? magnitude(Math.abs(value)) : 0;
    return written(value, Math.max(0, 3 - size));
  }

  const CUT = "*"; // at the end of an interval: cut at what the number can be
  const bounds = (value, low, high, places, [start, end] = [false, false]) =>
    `${written(value, places)} [${written(low, places)}${start ? CUT : ""}, ${written(high, places)}${end ? CUT : ""}]`;
  const known = (low, high) => low != null && high != null && high > low;

  function number(value, low = null, high = null, cut = [false, false]) {
    if (value == null) return NOTHING;
    return known(low, high) ? bounds(value, low, high, places(value, low, high), cut) : plain(value);
  }

  function textOf(value) { // four digits that count
    if (Number.isInteger(value) || Math.abs(value) >= 1000) return fixed(value, 0);
    return fixed(value, Math.min(9, 3 - magnitude(Math.abs(value))));
  }

  function intervalText(value, low, high, small, cut = false) { // `comparison.values.interval_text`
    if (!known(low, high)) return textOf(value);
    if (high >= small) return number(value, low, high, [cut, false]);
    return bounds(value, low, high, Math.min(9, decimals(((high - low) / 2) * 1e6) + 6), [cut, false]);
  }

  // commas in large numbers, as `html.blocks.grouped` puts them
  const grouped = (text) => text.replace(/(?<![\d.])\d{4,}/g, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ","));

  return { NOTHING, fixed, round, general, repr, percent, decimals, written, plain, number, textOf, intervalText, grouped };
})();
