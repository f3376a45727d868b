// The portal's colours: Fluent's themes with the product's own brand ramp.
import {
  createDarkTheme,
  createLightTheme,
  type BrandVariants,
  type Theme,
} from "@fluentui/react-components";

const brand: BrandVariants = {
  10: "#00151d", 20: "#00222c", 30: "#00303b", 40: "#003d4b",
  50: "#004c5a", 60: "#005a69", 70: "#006979", 80: "#007787",
  90: "#008696", 100: "#1e94a4", 110: "#3fa3b2", 120: "#5bb1bf",
  130: "#75bfcb", 140: "#90cdd7", 150: "#abdbe3", 160: "#c6e9ee",
};

const fontFamilyBase =
  "'Segoe UI Variable', 'Segoe UI', -apple-system, BlinkMacSystemFont, Roboto, Cantarell, Ubuntu, " +
  "'Noto Sans', 'Helvetica Neue', 'Liberation Sans', system-ui, sans-serif";

export const lightTheme: Theme = {
  ...createLightTheme(brand),
  fontFamilyBase,
  colorNeutralBackground2: "#f6f7f7",
};

const dark = createDarkTheme(brand);

export const darkTheme: Theme = {
  ...dark,
  fontFamilyBase,
  // Lighter than Fluent's choice, for contrast with this ramp.
  colorBrandForeground1: brand[120],
  colorBrandForeground2: brand[130],
  colorBrandForegroundLink: brand[120],
  colorCompoundBrandForeground1: brand[120],
  colorNeutralBackground1: "#202324",
  colorNeutralBackground2: "#17191a",
};
