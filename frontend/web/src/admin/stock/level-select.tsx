'use client';

import { inputLook } from '@/ui/field';

import { useAdmin } from '../frame/admin-texts';
import { LEVELS } from './calls';

type Props = { label: string; below: string | undefined; onChange: (below: string) => void };

/** Narrows a list to what runs out or is sold out; empty for any stock. */
export function LevelSelect({ label, below, onChange }: Props) {
  const { t } = useAdmin();
  return (
    <select
      aria-label={label}
      className={`${inputLook()} picker pr-9 sm:max-w-56`}
      value={below ?? ''}
      onChange={(event) => {
        onChange(event.target.value);
      }}
    >
      <option value="">{t('any_stock')}</option>
      {LEVELS.map(([level, name]) => (
        <option key={level} value={level}>
          {t(name)}
        </option>
      ))}
    </select>
  );
}
