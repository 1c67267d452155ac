// Loaded before the page is drawn, so that a stored choice does not flash. A browser without storage follows
// the system.
try {
  const theme = localStorage.getItem('rill.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is switched off.
}
