'use client';

import Link, { useLinkStatus } from 'next/link';
import { useState, type ComponentProps } from 'react';

/** A link whose page is fetched when somebody is about to follow it, not when it comes into view: for long lists. */
export function SwiftLink({ children, ...rest }: Omit<ComponentProps<typeof Link>, 'prefetch'>) {
  const [wanted, setWanted] = useState(false);
  const want = () => {
    setWanted(true);
  };
  return (
    <Link {...rest} prefetch={wanted} onPointerEnter={want} onTouchStart={want} onFocus={want}>
      {children}
      <Pending />
    </Link>
  );
}

/** Says that a page is under way, if it takes long enough to wonder. */
export function Pending() {
  const { pending } = useLinkStatus();
  return <span aria-hidden="true" className={pending ? 'under-way' : 'hidden'} />;
}
