/** How long something took: as formatSeconds(), and with one decimal below ten seconds (`0.4s`). */
export function formatElapsed(seconds: number): string {
  return seconds < 9.95 ? `${Math.max(0, seconds).toFixed(1).replace(/\.0$/, '')}s` : formatSeconds(seconds);
}

/** A span of time in the two largest units (`1h 5min`, `2min 3s`, `45s`). */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts: [number, string][] = [
    [Math.floor(whole / 86400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0s';
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(' ');
}
