'use client';

import { useEffect } from 'react';

import { cart, useCart } from './cart';

/** Looks into the cart as soon as it is `wanted`, and again when another one takes its place. */
export function useFilledCart(wanted = true): void {
  const { id } = useCart();
  useEffect(() => {
    if (wanted && id !== null) void cart.load();
  }, [wanted, id]);
}
