'use client';

import { useRef, useState, ViewTransition, type KeyboardEvent } from 'react';

import { useTexts } from '@/i18n/texts';
import { Icon } from '@/ui/icons';
import { NoPicture, Picture } from '@/ui/picture';
import { ahead, useCode } from '@/ui/use-code';

import { isLarge, isSmall, type Image } from './goods';

const loadZoom = () => import('./zoom').then((loaded) => loaded.Zoom);
const fetchZoom = ahead(loadZoom);

const SIZES = '(min-width: 1280px) 560px, (min-width: 1024px) 42vw, 80vw';
const THUMB_SIZES = '64px';

type Props = { images: readonly Image[]; slug: string; tint: string };

/**
 * The pictures of a product in a row that is swiped or scrolled; thumbnails and arrow keys lead through it. Without JavaScript
 * the thumbnails are links into the row.
 */
export function Gallery({ images, slug, tint }: Props) {
  const t = useTexts('goods');
  const row = useRef<HTMLUListElement>(null);
  const [at, setAt] = useState(0);
  const [zoomed, setZoomed] = useState(false);
  const { code: Zoom } = useCode(loadZoom, zoomed, () => {
    setZoomed(false);
  });
  const many = images.length > 1;

  function go(to: number) {
    const index = Math.min(Math.max(to, 0), images.length - 1);
    const place = row.current?.children[index];
    if (row.current && place instanceof HTMLElement)
      row.current.scrollTo({ left: place.offsetLeft, behavior: wantsStill() ? 'instant' : 'smooth' });
  }

  function byKey(event: KeyboardEvent) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    go(at + step);
  }

  const shown = images[at];
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
            <li key={image.url} id={`picture-${index + 1}`} className={PLACE}>
              {isSmall(image) ? <span aria-hidden="true" className={PLATE} /> : null}
              <Shown image={image} slug={index === 0 ? slug : null} />
            </li>
          ))}
          {images.length === 0 ? (
            <li className={PLACE}>
              <span className="absolute inset-0 m-auto grid size-24">
                <NoPicture />
              </span>
            </li>
          ) : null}
        </ul>
        {/* eslint-enable jsx-a11y/no-noninteractive-tabindex, jsx-a11y/no-noninteractive-element-interactions */}
        {shown && isLarge(shown) ? (
          <button
            type="button"
            aria-label={t('zoom')}
            onPointerEnter={fetchZoom}
            onFocus={fetchZoom}
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
      {Zoom && shown ? (
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

const PLACE =
  'relative aspect-square max-h-[70dvh] w-full shrink-0 snap-center overflow-hidden sm:aspect-[4/3] lg:aspect-square';
const PLATE = 'absolute top-1/2 left-1/2 aspect-square h-4/5 -translate-1/2 rounded-full bg-stall/60';

/**
 * A picture in its place; that of a `slug` moves there from where it was clicked. A small one lies on a plate: it has not the
 * points to fill the place.
 */
function Shown({ image, slug }: { image: Image; slug: string | null }) {
  const place = isSmall(image) ? 'inset-0 m-auto size-[min(20rem,58%)]' : 'inset-[7%]';
  const picture = (
    <div className={`absolute ${place}`}>
      <Picture image={image} sizes={SIZES} eager={slug !== null} className="size-full object-contain" />
    </div>
  );
  if (slug === null) return picture;
  return (
    <ViewTransition name={`goods-${slug}`} share="goods" default="none">
      {picture}
    </ViewTransition>
  );
}

/** What a script moves does not heed what the style sheet says of who minds movement. */
function wantsStill(): boolean {
  return window.matchMedia('(prefers-reduced-motion: reduce)').matches;
}
