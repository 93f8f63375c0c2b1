// Files that are dropped anywhere on the page.

/** @param stage where the page says that it would take them */
export function takeDrops(stage, take) {
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    stage.classList.add('over');
  });
  document.addEventListener('dragleave', (event) => { if (!event.relatedTarget) stage.classList.remove('over'); });
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    stage.classList.remove('over');
    take(event.dataTransfer.files);
  });
}
