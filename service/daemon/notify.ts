import { sendDatagram } from '../../linux/sockets.js';

/** Tells the service manager what the service is doing (sd_notify(3)). Silent where there is no service manager. */
export class ServiceManagerLink implements Disposable {
  readonly #path: string | undefined;
  readonly #watchdogMicroseconds: number;
  #timer: NodeJS.Timeout | undefined = undefined;
  #stopped = false;

  /**
   * Takes the variables of sd_notify(3) and sd_watchdog_enabled(3) out of `environment`, so that children do not inherit them.
   *
   * @throws Error when NOTIFY_SOCKET is not a socket address: a service whose manager hears nothing would be killed later
   */
  constructor(environment: NodeJS.ProcessEnv) {
    const path = environment['NOTIFY_SOCKET'];
    if (path !== undefined && !/^[/@]./.test(path))
      throw new Error(`NOTIFY_SOCKET is '${path}', which is not a socket`);
    this.#path = path;
    const forUs = [undefined, String(process.pid)].includes(environment['WATCHDOG_PID']);
    this.#watchdogMicroseconds = forUs ? Number(environment['WATCHDOG_USEC'] ?? 0) : 0;
    for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete environment[name];
  }

  /** @throws SystemError when the service manager cannot be told */
  tell(state: string): void {
    if (this.#path !== undefined) sendDatagram(this.#path.replace(/^@/, '\0'), Buffer.from(state));
  }

  /** Keeps the watchdog content from the event loop: a loop that hangs misses it. */
  keepAlive(): void {
    if (this.#path === undefined || !(this.#watchdogMicroseconds > 0)) return;
    this.#timer = setInterval(() => this.#feed(), this.#watchdogMicroseconds / 2000);
    this.#timer.unref();
  }

  #feed(): void {
    try {
      this.tell('WATCHDOG=1');
    } catch {
      // A service manager that is busy or restarting gets the next ping; one that is gone needs none.
    }
  }

  /** Says that the service is about to end. The watchdog stays content: what is left to do may take its time. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    try {
      this.tell('STOPPING=1');
    } catch {
      // The service ends all the same.
    }
  }

  [Symbol.dispose](): void {
    if (this.#timer !== undefined) clearInterval(this.#timer);
  }
}
