// Runs before anything is drawn, so that nobody who asked for the dark sees a flash of the light.
export {};
try {
  const chosen = localStorage.getItem('assay-theme');
  if (chosen === 'dark' || chosen === 'light') document.documentElement.dataset.theme = chosen;
} catch {
  // No storage: the system's choice holds.
}
