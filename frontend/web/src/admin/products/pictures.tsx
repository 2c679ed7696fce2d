'use client';

import { useId, useState } from 'react';

import type { Failure } from '@/api/problem';
import { buttonLook } from '@/ui/button';
import { Field } from '@/ui/field';
import { Picture } from '@/ui/picture';

import { useAdmin } from '../frame/admin-texts';
import { titleOf, Trouble } from '../frame/trouble';
import { upload, type Image } from './calls';

const TYPES = 'image/jpeg,image/png,image/webp,image/avif,image/gif';

type Props = { images: readonly Image[]; onChange: (images: readonly Image[]) => void };

/** A product's pictures, the first of which lists show; files are sent at once, and belong to the product when it is saved. */
export function Pictures({ images, onChange }: Props) {
  const { t } = useAdmin();
  const id = useId();
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<{ name: string; failure: Failure } | null>(null);

  async function send(files: readonly File[]) {
    setBusy(true);
    setRefused(null);
    const sent: Image[] = [];
    for (const file of files) {
      const result = await upload(file, '');
      if (!result.ok) {
        setRefused({ name: file.name, failure: result.failure });
        break;
      }
      sent.push(result.data);
    }
    setBusy(false);
    if (sent.length > 0) onChange([...images, ...sent]);
  }

  function put(number: number, image: Image) {
    onChange(images.map((other, at) => (at === number ? image : other)));
  }

  function toFront(number: number) {
    const image = images[number];
    if (image) onChange([image, ...images.filter((_, at) => at !== number)]);
  }

  return (
    <div className="grid gap-4">
      {refused ? <Trouble failure={refused.failure} title={`${refused.name}: ${titleOf(refused.failure, t)}`} /> : null}
      <ul className="grid gap-4 sm:grid-cols-2 xl:grid-cols-3">
        {images.map((image, number) => (
          <li key={image.url} className="flex gap-3 rounded-xl border border-line p-3">
            <span className="grid size-24 shrink-0 place-items-center rounded-lg bg-sunken">
              <Picture image={{ ...image, alt: '' }} sizes="96px" className="size-20 object-contain" />
            </span>
            <div className="min-w-0 flex-1">
              <Field
                label={t('alt')}
                value={image.alt}
                onChange={(event) => {
                  put(number, { ...image, alt: event.target.value });
                }}
              />
              <div className="flex gap-3">
                {number > 0 ? (
                  <Small
                    name={t('to_front')}
                    act={() => {
                      toFront(number);
                    }}
                  />
                ) : null}
                <Small
                  name={t('remove')}
                  act={() => {
                    onChange(images.filter((other) => other !== image));
                  }}
                />
              </div>
            </div>
          </li>
        ))}
      </ul>
      <div>
        <input
          id={id}
          type="file"
          multiple
          accept={TYPES}
          disabled={busy}
          className="peer sr-only"
          onChange={(event) => {
            const files = [...(event.target.files ?? [])];
            event.target.value = '';
            void send(files);
          }}
        />
        <label
          htmlFor={id}
          className={`${buttonLook('quiet')} cursor-pointer peer-focus-visible:outline-3 peer-focus-visible:outline-leaf`}
        >
          {busy ? t('sending') : t('add_pictures')}
        </label>
      </div>
    </div>
  );
}

function Small({ name, act }: { name: string; act: () => void }) {
  return (
    <button type="button" onClick={act} className="min-h-9 text-sm text-leaf underline-offset-4 hover:underline">
      {name}
    </button>
  );
}
