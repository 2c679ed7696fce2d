/** What a page is about, for machines. It is data, not a script: browsers do not run it. */
export function structured(about: Record<string, unknown>) {
  // A text that holds `</script>` must not end the element.
  const text = JSON.stringify({ '@context': 'https://schema.org', ...about }).replaceAll('<', '\\u003c');
  return <script type="application/ld+json" dangerouslySetInnerHTML={{ __html: text }} />;
}
