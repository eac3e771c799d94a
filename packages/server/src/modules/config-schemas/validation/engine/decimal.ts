/** Arithmetic on numbers as they are written, which binary fractions cannot do: 0.07 is a multiple of 0.01. */

interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

/** Tells whether the number is a whole multiple of the other, which is above 0. Exact for the shortest form of both. */
export function isMultiple(number: number, of: number): boolean {
  if (!Number.isFinite(number)) return false;
  if (Number.isSafeInteger(number) && Number.isSafeInteger(of)) return number % of === 0;
  const [one, other] = [decimalOf(number), decimalOf(of)];
  const exponent = Math.min(one.exponent, other.exponent);
  const scaled = ({ digits, exponent: own }: Decimal) => digits * 10n ** BigInt(own - exponent);
  return scaled(one) % scaled(other) === 0n;
}

function decimalOf(number: number): Decimal {
  const [, whole = '', fraction = '', power = '0'] = /^(-?\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(number)) ?? [];
  return { digits: BigInt(whole + fraction), exponent: Number(power) - fraction.length };
}
