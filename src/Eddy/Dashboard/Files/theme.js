// Before the first paint, so that nothing flashes.
try {
  const theme = localStorage.getItem('eddy-theme');
  if (theme === 'light' || theme === 'dark') {
    document.documentElement.dataset.theme = theme;
  }
} catch {
  // No storage: as the system has it.
}
