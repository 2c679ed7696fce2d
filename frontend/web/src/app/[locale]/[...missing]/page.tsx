import { notFound } from 'next/navigation';

/** An address below a language that no page has: the 404 is said in that language, inside the shop. */
export default function Missing(): never {
  notFound();
}
