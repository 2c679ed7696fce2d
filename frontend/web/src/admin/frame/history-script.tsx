// Listeners of the window are called in the order they came, whatever else they ask for: this one comes before the router's.
const SCRIPT = "addEventListener('popstate',function(e){if(window.feiraMoved)window.feiraMoved(e)})";

/** Lets whoever typed something be asked before the router follows the browser back. */
export function HistoryScript() {
  return <script dangerouslySetInnerHTML={{ __html: SCRIPT }} />;
}
