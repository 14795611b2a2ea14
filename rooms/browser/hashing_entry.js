// What esbuild bundles into hashing.js: the hashes that a browser tab lacks.
import { pbkdf2 as derive } from "@noble/hashes/pbkdf2.js";
import { sha1 } from "@noble/hashes/legacy.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";

export { hashSync } from "bcryptjs";
export { argon2d, argon2i, argon2id } from "@noble/hashes/argon2.js";

const HASHES = { sha1, sha256, sha512 };

export function pbkdf2(hash, password, salt, iterations, size) {
  return derive(HASHES[hash], password, salt, { c: iterations, dkLen: size });
}
