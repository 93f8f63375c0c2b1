// Where the image lies on the screen. The world is measured in pixels of the original, the first one's corner at (0, 0);
// a result of the same field of view lies in the same world.

export class View {
  zoom = 1; // CSS pixels for one column of the original
  x = 0; // of the world, in the middle of each pane
  y = 0;
  width = 1;
  height = 1;
  aspect = 1; // width of a pixel for its height
  isFitted = true; // all of the image is to be seen, however large the pane becomes

  /** CSS pixels for one row. */
  get zoomDown() { return this.zoom / this.aspect; }

  show(width, height, aspect) {
    [this.width, this.height, this.aspect] = [width, height, aspect];
  }

  fit(pane) {
    this.zoom = Math.max(Math.min(pane.width / this.width, (pane.height / this.height) * this.aspect), 1e-3);
    [this.x, this.y] = [this.width / 2, this.height / 2];
    this.isFitted = true;
  }

  toWorld(px, py, pane) {
    return [
      this.x + (px - pane.x - pane.width / 2) / this.zoom,
      this.y + (py - pane.y - pane.height / 2) / this.zoomDown,
    ];
  }

  toScreen(wx, wy, pane) {
    return [
      pane.x + pane.width / 2 + (wx - this.x) * this.zoom,
      pane.y + pane.height / 2 + (wy - this.y) * this.zoomDown,
    ];
  }

  pan(dx, dy) {
    this.isFitted = false;
    this.x = clamp(this.x - dx / this.zoom, 0, this.width);
    this.y = clamp(this.y - dy / this.zoomDown, 0, this.height);
  }

  /** What lies under (px, py) stays there. */
  zoomBy(factor, px, py, pane) {
    this.isFitted = false;
    const [wx, wy] = this.toWorld(px, py, pane);
    this.zoom = clamp(this.zoom * factor, 0.02, 200);
    const [nx, ny] = this.toWorld(px, py, pane);
    this.x = clamp(this.x + wx - nx, 0, this.width);
    this.y = clamp(this.y + wy - ny, 0, this.height);
  }
}

export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
