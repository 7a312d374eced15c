export function double(input: number): number {
  return input * 2;
}

export function fail(input: string): never {
  throw new Error(input);
}

export function sum(input: Uint8Array): number {
  return input.reduce((total, byte) => total + byte, 0);
}
