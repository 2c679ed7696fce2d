'use client';

import dynamic from 'next/dynamic';
import { useRef, useState, ViewTransition, type KeyboardEvent } from 'react';

import { useTexts } from '@/i18n/texts';
import { Icon } from '@/ui/icons';
import { Picture } from '@/ui/picture';

import type { Image } from './goods';

const loadZoom = () => import('./zoom').then((loaded) => loaded.Zoom);
const Zoom = dynamic(loadZoom, { ssr: false });

const SIZES = '(min-width: 1280px) 560px, (min-width: 1024px) 42vw, 80vw';
const THUMB_SIZES = '64px';
/** From this width on there is more to see in a picture than the page shows. */
const ZOOM_FROM_PX = 600;

type Props = { images: readonly Image[]; slug: string; tint: string };

/**
 * The pictures of a product in a row that is swiped or scrolled; thumbnails and arrow keys lead through it. Without JavaScript
 * the thumbnails are links into the row.
 */
export function Gallery({ images, slug, tint }: Props) {
  const t = useTexts('goods');
  const row = useRef<HTMLUListElement>(null);
  const [at, setAt] = useState(0);
  const [zoomed, setZoomed] = useState<boolean | null>(null);
  const many = images.length > 1;

  function go(to: number) {
    const index = Math.min(Math.max(to, 0), images.length - 1);
    const place = row.current?.children[index];
    if (row.current && place instanceof HTMLElement)
      row.current.scrollTo({ left: place.offsetLeft, behavior: 'smooth' });
  }

  function byKey(event: KeyboardEvent) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    go(at + step);
  }

  const shown = images[at];
  const canZoom = shown && Math.max(shown.width ?? 0, ...shown.sources.map(({ width }) => width ?? 0)) >= ZOOM_FROM_PX;
  return (
    <section aria-label={t('pictures')} className="min-w-0 lg:sticky lg:top-28 lg:self-start">
      <div className={`relative overflow-hidden rounded-3xl ${tint}`}>
        {/* A row that scrolls must be reached by the keyboard. */}
        {/* eslint-disable jsx-a11y/no-noninteractive-tabindex, jsx-a11y/no-noninteractive-element-interactions */}
        <ul
          ref={row}
          tabIndex={many ? 0 : undefined}
          aria-label={many ? t('pictures') : undefined}
          onKeyDown={many ? byKey : undefined}
          onScroll={({ currentTarget }) => {
            setAt(Math.round(currentTarget.scrollLeft / Math.max(currentTarget.clientWidth, 1)));
          }}
          className="relative flex snap-x snap-mandatory [scrollbar-width:none] overflow-x-auto"
        >
          {images.map((image, index) => (
            <li
              key={image.url}
              id={`picture-${index + 1}`}
              className="grid aspect-square max-h-[70dvh] w-full shrink-0 snap-center place-items-center p-[16%] sm:aspect-[4/3] sm:p-[11%] lg:aspect-square"
            >
              {index === 0 ? (
                <ViewTransition name={`goods-${slug}`} share="goods" default="none">
                  <div className="size-full">
                    <Picture image={image} sizes={SIZES} eager className="size-full object-contain" />
                  </div>
                </ViewTransition>
              ) : (
                <Picture image={image} sizes={SIZES} className="size-full object-contain" />
              )}
            </li>
          ))}
          {images.length === 0 ? <li className="aspect-[4/3] w-full lg:aspect-square" /> : null}
        </ul>
        {/* eslint-enable jsx-a11y/no-noninteractive-tabindex, jsx-a11y/no-noninteractive-element-interactions */}
        {canZoom ? (
          <button
            type="button"
            aria-label={t('zoom')}
            onPointerEnter={loadZoom}
            onFocus={loadZoom}
            onClick={() => {
              setZoomed(true);
            }}
            className="absolute right-4 bottom-4 rounded-full bg-stall p-3 shadow-stall hover:text-leaf"
          >
            <Icon name="zoom" />
          </button>
        ) : null}
      </div>
      {many ? (
        <ul aria-label={t('choose_picture')} className="mt-4 flex gap-3 overflow-x-auto p-1">
          {images.map((image, index) => (
            <li key={image.url}>
              <a
                href={`#picture-${index + 1}`}
                aria-label={t('picture', { number: index + 1, count: images.length })}
                aria-current={index === at ? 'true' : undefined}
                onClick={(event) => {
                  event.preventDefault();
                  go(index);
                }}
                className={`block size-16 rounded-xl border-2 border-transparent p-2 aria-[current]:border-leaf sm:size-20 ${tint}`}
              >
                <Picture image={{ ...image, alt: '' }} sizes={THUMB_SIZES} className="size-full object-contain" />
              </a>
            </li>
          ))}
        </ul>
      ) : null}
      {zoomed !== null && shown ? (
        <Zoom
          image={shown}
          open={zoomed}
          onClose={() => {
            setZoomed(false);
          }}
        />
      ) : null}
    </section>
  );
}
