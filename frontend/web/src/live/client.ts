// One WebSocket for all of a page's components, which come and go. Where there is no live service the page works all the same.

/** What is pushed: see the API's "Live". `resync` stands for "something may have been missed: read it again". */
export type LiveMessage = { topic: string; type: string; data: unknown; at: string };
export type Listener = (message: LiveMessage) => void;

/** What the client needs of a WebSocket, and of the world around it. */
export type Socket = Pick<WebSocket, 'send' | 'close' | 'readyState'> & {
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
};
export type World = {
  connect: () => Socket;
  random: () => number;
  /** Makes the cookies new, if somebody is signed in; whether it is worth asking again. */
  renew: () => Promise<boolean>;
};

const OPEN = 1;
const WAIT_FIRST_MS = 1_000;
const WAIT_MAX_MS = 120_000;
const SILENT_COSTS = 2; // Where nobody answers there may be no live service at all.
const CALM_MS = 10_000; // A connection that lived as long was a good one.
const LINGER_MS = 5_000; // Between two pages nobody listens for a moment.
const TOPICS_MAX = 50;

type Watched = { listeners: Set<Listener>; token: string; since: string; renewed: boolean };

export class LiveClient {
  private socket: Socket | null = null;
  private openedAt = 0;
  private failures = 0;
  private paused = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly watched = new Map<string, Watched>();

  constructor(private readonly world: World) {}

  /** Hear of a topic, with the order token that opens it if it needs one. Gives back what ends it. */
  watch(topic: string, listener: Listener, token = ''): () => void {
    const known = this.watched.get(topic);
    if (known) known.listeners.add(listener);
    else if (this.watched.size < TOPICS_MAX) {
      this.watched.set(topic, { listeners: new Set([listener]), token, since: '', renewed: false });
      this.subscribe([topic]);
    }
    return () => {
      this.leave(topic, listener);
    };
  }

  /** For a tab that nobody has looked at for long. */
  pause(): void {
    this.paused = true;
    clearTimeout(this.timer);
    this.socket?.close();
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.failures = 0;
    this.connectIfWanted();
  }

  private leave(topic: string, listener: Listener): void {
    const known = this.watched.get(topic);
    if (!known?.listeners.delete(listener) || known.listeners.size > 0) return;
    this.watched.delete(topic);
    if (this.socket?.readyState === OPEN) this.say({ unsubscribe: [topic] });
    if (this.watched.size === 0) this.closeSoon();
  }

  private closeSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.watched.size === 0) this.socket?.close();
    }, LINGER_MS);
  }

  private subscribe(topics: readonly string[]): void {
    if (this.socket?.readyState !== OPEN) {
      this.connectIfWanted();
      return;
    }
    // A message has one token and one place to go on from.
    const together = new Map<string, { subscribe: string[]; token?: string; since?: string }>();
    for (const topic of topics) {
      const known = this.watched.get(topic);
      if (!known) continue;
      const { token, since } = known;
      const said = together.get(`${token} ${since}`);
      if (said) said.subscribe.push(topic);
      else together.set(`${token} ${since}`, { subscribe: [topic], ...(token && { token }), ...(since && { since }) });
    }
    for (const said of together.values()) this.say(said);
  }

  private say(message: object): void {
    this.socket?.send(JSON.stringify(message));
  }

  private connectIfWanted(): void {
    clearTimeout(this.timer);
    if (this.socket || this.paused || this.watched.size === 0) return;
    const socket = this.world.connect();
    this.socket = socket;
    socket.onopen = () => {
      this.openedAt = Date.now();
      this.subscribe([...this.watched.keys()]);
    };
    socket.onmessage = (event) => {
      this.hear(event.data);
    };
    socket.onclose = () => {
      this.closed();
    };
  }

  private closed(): void {
    this.socket = null;
    if (this.openedAt === 0) this.failures += SILENT_COSTS;
    else if (Date.now() - this.openedAt > CALM_MS) this.failures = 0;
    this.openedAt = 0;
    clearTimeout(this.timer);
    if (this.paused || this.watched.size === 0) return;
    const longest = Math.min(WAIT_FIRST_MS * 2 ** this.failures++, WAIT_MAX_MS);
    this.timer = setTimeout(
      () => {
        this.connectIfWanted();
      },
      longest * (0.5 + this.world.random() / 2),
    );
  }

  private hear(text: unknown): void {
    const heard = parse(text);
    if (typeof heard['topic'] === 'string') this.tell(heard as LiveMessage & { id: string });
    else if (Array.isArray(heard['ended'])) void this.renew(strings(heard['ended']));
    else if (Array.isArray(heard['subscribed'])) this.answered(heard);
    else if (heard['resync'] === true) this.resync([...this.watched.keys()], heard['id']);
  }

  private tell({ id, ...message }: LiveMessage & { id: string }): void {
    const known = this.watched.get(message.topic);
    if (!known) return;
    known.since = id;
    for (const listener of known.listeners) listener(message);
  }

  private answered(answer: Record<string, unknown>): void {
    const topics = strings(answer['subscribed']);
    for (const topic of topics) {
      const known = this.watched.get(topic);
      if (!known) continue;
      known.renewed = false;
      if (!known.since && typeof answer['id'] === 'string') known.since = answer['id'];
    }
    if (answer['resync'] === true) this.resync(topics, answer['id']);
    void this.renew(strings(answer['refused']));
  }

  private resync(topics: readonly string[], id: unknown): void {
    for (const topic of topics) {
      this.tell({ topic, type: 'resync', data: null, at: '', id: typeof id === 'string' ? id : '' });
    }
  }

  /** What was the customer's is so again with new cookies, which a connection takes along when it is made. */
  private async renew(topics: readonly string[]): Promise<void> {
    const wanted = topics.map((topic) => this.watched.get(topic)).filter((known) => known && !known.renewed);
    if (wanted.length === 0) return;
    for (const known of wanted) if (known) known.renewed = true;
    if (await this.world.renew()) this.socket?.close();
  }
}

function parse(text: unknown): Record<string, unknown> {
  try {
    const heard: unknown = JSON.parse(String(text));
    return typeof heard === 'object' && heard !== null ? (heard as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function strings(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((one) => typeof one === 'string') : [];
}
