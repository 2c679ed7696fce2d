import { createContext, use } from 'react';

/** The shop's name, around all of the back office. */
export const Shop = createContext('');

export const useShop = (): string => use(Shop);
