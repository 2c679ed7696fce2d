// What this browser knows of orders: the tokens that open them for as long as the tab lives, and which one was the last.
const TOKEN = 'feira.order.';
const THANKS = 'feira.thanks';
const LAST = 'feira.ordered';
const LAST_FOR_MS = 3_600_000;

export function keepToken(orderId: string, token: string): void {
  attempt(() => {
    sessionStorage.setItem(TOKEN + orderId, token);
  });
}

export function keptToken(orderId: string): string {
  return attempt(() => sessionStorage.getItem(TOKEN + orderId)) ?? '';
}

/** It was bought just now, here: other tabs are told which order it became, but not what opens it. */
export function noteBought(orderId: string, token: string): void {
  keepToken(orderId, token);
  attempt(() => {
    sessionStorage.setItem(THANKS, orderId);
  });
  attempt(() => {
    localStorage.setItem(LAST, JSON.stringify({ orderId, at: Date.now() }));
  });
}

export function wasJustBought(orderId: string): boolean {
  return attempt(() => sessionStorage.getItem(THANKS)) === orderId;
}

/** The order that was placed last in this browser, if it was lately. */
export function lastBought(): string | null {
  const kept = attempt(
    () => JSON.parse(localStorage.getItem(LAST) ?? 'null') as { orderId?: string; at?: number } | null,
  );
  return kept?.orderId && kept.at && Date.now() - kept.at < LAST_FOR_MS ? kept.orderId : null;
}

function attempt<T>(act: () => T): T | null {
  try {
    return act();
  } catch {
    return null;
  }
}
