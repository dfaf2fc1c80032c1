const STORAGE_KEY = 'onchain-gateway:explain';

/** What requests ask the gateway to tell about their answers; but for `off`, the value of the header. */
export type ExplainLevel = 'off' | 'plan' | 'analyze';

/** Whether, and how far, answers are to be explained; remembered in the browser. */
export class ExplainSwitch {
  #level: ExplainLevel;
  readonly #storage: Storage;
  readonly #listeners = new Set<() => void>();

  constructor(storage: Storage) {
    this.#storage = storage;
    this.#level = levelOf(storage.getItem(STORAGE_KEY));
  }

  // Bound, because React calls both without their object.
  readonly level = (): ExplainLevel => this.#level;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  set(level: ExplainLevel): void {
    this.#level = level;
    this.#storage.setItem(STORAGE_KEY, level);
    for (const listener of this.#listeners) listener();
  }
}

/** `on` is what a console before there was `analyze` remembered. */
function levelOf(stored: string | null): ExplainLevel {
  if (stored === 'analyze') return stored;
  return stored === 'plan' || stored === 'on' ? 'plan' : 'off';
}
