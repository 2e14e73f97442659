import { addressOf, native, nativeAside } from './call.js';

/* OpenSSL, openssl/evp.h: the copy that node carries, or the library that it is linked with. */

function bind() {
  try {
    return {
      create: native<number | bigint>('uint64_t EVP_MD_CTX_new()'),
      sha256: native<number | bigint>('uint64_t EVP_sha256()'),
      initialise: native<number>('int EVP_DigestInit_ex(uint64_t context, uint64_t type, uint64_t engine)'),
      update: nativeAside<number>('int EVP_DigestUpdate(uint64_t context, uint64_t bytes, size_t length)'),
      final: native<number>('int EVP_DigestFinal_ex(uint64_t context, void *digest, void *length)'),
      free: native<null>('void EVP_MD_CTX_free(uint64_t context)'),
    };
  } catch {
    return null;
  }
}

/** Bytes that are given to a thread at once, and how many such portions there are. */
const portion = 512 * 1024;
const portions = 4;

/**
 * SHA-256 that is computed in threads of node's pool while the caller goes on. The bytes are copied, which costs a fraction of
 * digesting them: they come in chunks too small to be handed over one by one.
 */
export class Sha256Aside {
  readonly #functions: NonNullable<ReturnType<typeof bind>>;
  readonly #context: bigint;
  readonly #free: Buffer[] = Array.from({ length: portions }, () => Buffer.allocUnsafeSlow(portion));
  #filling: Buffer | null = null;
  #filled = 0;
  /** What was handed over last. */
  #last: Promise<void> = Promise.resolve();
  #wake: () => void = () => {};

  private constructor(functions: NonNullable<ReturnType<typeof bind>>) {
    this.#functions = functions;
    this.#context = BigInt(functions.create());
    functions.initialise(this.#context, functions.sha256(), 0);
  }

  /** Null where node does not offer OpenSSL's functions. */
  static open(): Sha256Aside | null {
    const functions = bind();
    return functions && new Sha256Aside(functions);
  }

  /** Adds bytes. What it gives back has to be waited for before the next call, and before the bytes are changed. */
  update(chunk: Buffer): Promise<void> | null {
    for (let position = 0; position < chunk.length; ) {
      this.#filling ??= this.#free.pop() ?? null;
      if (this.#filling === null) return this.#waitAndUpdate(chunk.subarray(position));
      const copied = chunk.copy(this.#filling, this.#filled, position);
      position += copied;
      this.#filled += copied;
      if (this.#filled === portion) this.#handOver();
    }
    return null;
  }

  /** The digest, in hexadecimal digits. To be called once. */
  async finish(): Promise<string> {
    this.#handOver();
    await this.#last;
    const digest = Buffer.alloc(32);
    this.#functions.final(this.#context, digest, null);
    this.#functions.free(this.#context);
    return digest.toString('hex');
  }

  async #waitAndUpdate(chunk: Buffer): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    // A portion that failed wakes nobody.
    await Promise.race([woken, this.#last]);
    await this.update(chunk);
  }

  #handOver(): void {
    const [bytes, length] = [this.#filling, this.#filled];
    if (bytes === null) return;
    this.#filling = null;
    this.#filled = 0;
    this.#last = this.#last.then(async () => {
      const result = await this.#functions.update(this.#context, addressOf(bytes), length);
      if (result !== 1) throw new Error('EVP_DigestUpdate failed');
      this.#free.push(bytes);
      this.#wake();
    });
    this.#last.catch(() => {});
  }
}
