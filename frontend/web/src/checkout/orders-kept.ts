import { keep, readKept, tab } from '@/api/kept';

// What this browser knows of orders: the tokens that open them for as long as the tab lives, and which one was the last.
const TOKEN = 'feira.order.';
const THANKS = 'feira.thanks';
const LAST = 'feira.ordered';
const LAST_FOR_MS = 3_600_000;

export function keepToken(orderId: string, token: string): void {
  tab.keep(TOKEN + orderId, token || null);
}

export function keptToken(orderId: string): string {
  return tab.read(TOKEN + orderId) ?? '';
}

/** It was bought just now, here: other tabs are told which order it became, but not what opens it. */
export function noteBought(orderId: string, token: string): void {
  keepToken(orderId, token);
  tab.keep(THANKS, orderId);
  keep(LAST, JSON.stringify({ orderId, at: Date.now() }));
}

export function wasJustBought(orderId: string): boolean {
  return tab.read(THANKS) === orderId;
}

/** The order that was placed last in this browser, if it was lately. */
export function lastBought(): string | null {
  try {
    const kept = JSON.parse(readKept(LAST) ?? 'null') as { orderId?: string; at?: number } | null;
    return kept?.orderId && kept.at && Date.now() - kept.at < LAST_FOR_MS ? kept.orderId : null;
  } catch {
    return null;
  }
}
