// Drawn on a grid of 24, in the colour of the text around them. They are decoration: whoever uses one gives the words.
const PATHS = {
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14Zm9 16-4-4',
  cart: 'M3 4h2l2.4 11.2a1.5 1.5 0 0 0 1.5 1.2h8.3a1.5 1.5 0 0 0 1.5-1.1L20.5 8H6M9.5 20.5h.01M17 20.5h.01',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7.5 8.5c1-3.6 4-5.5 7.5-5.5s6.5 1.9 7.5 5.5',
  menu: 'M4 7h16M4 12h16M4 17h16',
  close: 'm6 6 12 12M18 6 6 18',
  copy: 'M9 9h10v11H9zM15 9V4H5v11h4',
  check: 'm5 12.5 4.5 4.5L19 7',
  left: 'm14.5 5-7 7 7 7',
  right: 'm9.5 5 7 7-7 7',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  trash:
    'M4 7h16M10 11v6M14 11v6M6 7l1 12.5a1.5 1.5 0 0 0 1.5 1.5h7a1.5 1.5 0 0 0 1.5-1.5L18 7M9 7V4.5A1.5 1.5 0 0 1 10.5 3h3A1.5 1.5 0 0 1 15 4.5V7',
  truck: 'M3 6h11v10H3zM14 10h4l3 3v3h-7zM7 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4Zm10 0a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z',
  basket: 'M4 10h16l-1.6 9a1.2 1.2 0 0 1-1.2 1H6.8a1.2 1.2 0 0 1-1.2-1L4 10Zm4-1 3-6m5 6-3-6',
  down: 'm5 9.5 7 7 7-7',
  filter:
    'M4 7h10m4 0h2M4 17h2m4 0h10M16 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Zm-8 10a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z',
  zoom: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14Zm9 16-4-4M11 8v6M8 11h6',
  home: 'm4 11.5 8-7.5 8 7.5M6 10v9.5h12V10',
  pin: 'M12 20.5c4.5-4.4 6.5-7.8 6.5-10.5a6.5 6.5 0 0 0-13 0c0 2.7 2 6.1 6.5 10.5ZM12 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z',
  clock: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM12 8v4.5l3 2',
  live: 'M12 14a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM7.5 16.5a6.4 6.4 0 0 1 0-9m9 9a6.4 6.4 0 0 0 0-9M4.5 19.5a10.6 10.6 0 0 1 0-15m15 15a10.6 10.6 0 0 0 0-15',
  chart: 'M4 20V4m0 16h16M8 16v-4m4 4V8m4 8v-6',
  tag: 'M11.5 4H5a1 1 0 0 0-1 1v6.5l8.6 8.6a1.2 1.2 0 0 0 1.7 0l5.8-5.8a1.2 1.2 0 0 0 0-1.7L11.5 4ZM8 8h.01',
  boxes: 'M4 12h7v8H4zm9 0h7v8h-7zM8.5 4h7v8h-7z',
  upload: 'M12 16V4m0 0L7.5 8.5M12 4l4.5 4.5M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3',
  gear: 'M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Zm0-12v3m0 12v3M3 12h3m12 0h3M5.6 5.6l2.2 2.2m8.4 8.4 2.2 2.2m0-12.8-2.2 2.2m-8.4 8.4-2.2 2.2',
  tree: 'M5 4v13.5h4M5 9.5h4M9 7h11v5H9zM9 15h11v5H9zM3 4h4',
  alert: 'M12 4 2.8 20h18.4L12 4Zm0 6v4m0 3h.01',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, className = 'size-5' }: { name: IconName; className?: string }) {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false" className={`shrink-0 ${className}`}>
      <path
        d={PATHS[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.8"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
