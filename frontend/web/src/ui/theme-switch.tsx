'use client';

import { useSyncExternalStore } from 'react';

import { keep, readKept } from '@/api/kept';
import { useTexts } from '@/i18n/texts';

const KEY = 'feira.theme';
const THEMES = ['system', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

function listen(changed: () => void) {
  window.addEventListener('feira:theme', changed);
  return () => {
    window.removeEventListener('feira:theme', changed);
  };
}

function current(): Theme {
  const kept = readKept(KEY);
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

export function ThemeSwitch() {
  const t = useTexts('common');
  const theme = useSyncExternalStore<Theme>(listen, current, () => 'system');
  const names: Record<Theme, string> = { system: t('theme_system'), light: t('theme_light'), dark: t('theme_dark') };

  function choose(chosen: Theme) {
    keep(KEY, chosen === 'system' ? null : chosen);
    window.dispatchEvent(new Event('feira:theme'));
  }

  return (
    <label className="flex flex-wrap items-center gap-2">
      <span className="text-soft">{t('theme')}</span>
      <select
        className="min-h-11 picker rounded-xl border border-edge bg-stall py-1.5 pr-9 pl-3 md:min-h-9"
        value={theme}
        onChange={(event) => {
          choose(event.target.value as Theme);
        }}
      >
        {THEMES.map((name) => (
          <option key={name} value={name}>
            {names[name]}
          </option>
        ))}
      </select>
    </label>
  );
}
