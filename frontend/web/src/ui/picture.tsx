import type { components } from '@/api/schema';

import { Icon } from './icons';

type Image = components['schemas']['ImageView'];
const TYPES = ['image/avif', 'image/webp'];
const OURS = /^(https?:\/\/[^/]+)?\/media\//;

/**
 * A picture in the best format and width that the browser takes; `sizes` as in HTML, `eager` for what is seen first. Those
 * of other sites are not shown: readers' browsers are sent nowhere else.
 */
export function Picture({
  image,
  sizes,
  eager = false,
  className = '',
}: {
  image: Image;
  sizes: string;
  eager?: boolean;
  className?: string;
}) {
  if (!OURS.test(image.url)) return <NoPicture />;
  const sets = TYPES.map((type) => ({
    type,
    set: image.sources
      .filter((source) => source.type === type)
      .map((source) => (source.width ? `${source.url} ${source.width}w` : source.url))
      .join(', '),
  })).filter(({ set }) => set !== '');
  return (
    <picture className="contents">
      {sets.map(({ type, set }) => (
        <source key={type} type={type} srcSet={set} sizes={sizes} />
      ))}
      <img
        src={image.url}
        alt={image.alt}
        width={image.width ?? undefined}
        height={image.height ?? undefined}
        loading={eager ? 'eager' : 'lazy'}
        fetchPriority={eager ? 'high' : 'auto'}
        decoding="async"
        className={className}
      />
    </picture>
  );
}

/** What stands where a picture would. */
export function NoPicture() {
  return <Icon name="basket" className="m-auto size-full max-w-24 text-soft opacity-40" />;
}
