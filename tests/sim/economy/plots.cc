#include "tests/sim/economy/plots.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace assay::sim {
namespace {

constexpr double kWidth = 760, kHeight = 440;
constexpr double kLeft = 62, kTop = 46, kRight = 560, kBottom = 384;
constexpr std::size_t kSeriesMax = 9;
// Okabe and Ito's colours for all kinds of sight, brought to a middle lightness that stands on
// white and on black; honest providers are grey and broad.
constexpr std::array<const char*, kSeriesMax> kColours{"#8a8f98", "#d55e00", "#2a8fce",
                                                       "#0f9d76", "#c86aa0", "#b8860b",
                                                       "#7a5fd0", "#c0392b", "#4f9a94"};
constexpr std::array<const char*, 3> kDashes{"", "7 4", "2 4"};

struct Picture {
  const char* name;
  const char* title;
  std::vector<const char*> kinds;
};

const std::vector<Picture>& groups() {
  static const std::vector<Picture> kGroupsOfPlots = {
      {"cheats",
       "Cheats in their results",
       {"honest", "new-key", "vetted", "splice", "zero-state", "grinding", "breaker", "class-hop"}},
      {"sleepers",
       "Honest for 500 jobs, then not",
       {"honest-seasoned", "sleeper-100", "sleeper-50", "sleeper-10", "sleeper-2", "on-off",
        "tier-medium"}},
      {"tiers",
       "Cheats in the highest tiers",
       {"honest-aged", "tier-high", "tier-ultra", "exit-scam", "unbond-first", "aged-account"}},
      {"protocol",
       "Cheats in the protocol",
       {"honest", "withhold", "never-attest", "answer-late", "offline-when-sampled", "equivocate"}},
      {"identity",
       "Evidence and names of one's own",
       {"honest", "self-jobs", "cheap-jobs", "wash-ring", "whitewash", "reform", "reborn",
        "sybil-ring"}},
      {"others",
       "Cards that are not what they claim, and victims",
       {"honest", "class-spoof", "relay", "framed", "denial-of-service"}},
  };
  return kGroupsOfPlots;
}

std::string format(const char* pattern, auto... values) {
  char text[512];
  std::snprintf(text, sizeof text, pattern, values...);
  return text;
}

double x_of(std::size_t day, std::size_t days) {
  return kLeft + (kRight - kLeft) * static_cast<double>(day) /
                     static_cast<double>(std::max<std::size_t>(days, 1));
}
double y_of(double trust) {
  return kBottom - (kBottom - kTop) * trust;
}

// Everything but the lines. Text and grid follow the reader's light or dark scheme.
std::string frame(const Picture& group, std::size_t days) {
  std::string out = format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" "
      "height=\"%.0f\" role=\"img\" aria-label=\"Trust by day: %s\" font-size=\"13\" "
      "font-family=\"system-ui, sans-serif\">\n",
      kWidth, kHeight, kWidth, kHeight, group.title);
  out +=
      "<style>text{fill:#33373d}.grid{stroke:#c9ced6}.axis{stroke:#70757d}"
      ".page{fill:#ffffff}@media(prefers-color-scheme:dark){text{fill:#d5d9e0}"
      ".grid{stroke:#3c424b}.page{fill:#15181c}}</style>\n";
  out += format("<rect class=\"page\" width=\"%.0f\" height=\"%.0f\"/>\n", kWidth, kHeight);
  out += format("<text x=\"%.0f\" y=\"26\" font-size=\"16\">%s</text>\n", kLeft, group.title);
  for (int tenth = 0; tenth <= 10; tenth += 2) {
    const double y = y_of(tenth / 10.0);
    out += format(
        "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>"
        "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%.1f</text>\n",
        kLeft, y, kRight, y, kLeft - 8, y + 4.5, tenth / 10.0);
  }
  const std::size_t step = std::max<std::size_t>(1, (days + 5) / 6);
  for (std::size_t day = 0; day <= days; day += step) {
    out += format("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%zu</text>\n",
                  x_of(day, days), kBottom + 20, day);
  }
  out += format(
      "<line class=\"axis\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>"
      "<line class=\"axis\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
      kLeft, kBottom, kRight, kBottom, kLeft, kTop, kLeft, kBottom);
  out += format("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">day</text>\n",
                (kLeft + kRight) / 2, kBottom + 42);
  out += format(
      "<text transform=\"translate(18 %.1f) rotate(-90)\" text-anchor=\"middle\">"
      "trust, mean of the kind</text>\n",
      (kTop + kBottom) / 2);
  return out;
}

std::string line_of(const Tally& tally, std::size_t series, std::size_t days) {
  std::string points;
  for (std::size_t day = 0; day <= days && day < tally.seen_by_day.size(); ++day) {
    if (tally.seen_by_day[day] == 0) continue;
    const double trust = static_cast<double>(tally.trust_by_day_ppm[day]) /
                         static_cast<double>(tally.seen_by_day[day]) / kMillion;
    points += format("%.1f,%.1f ", x_of(day, days), y_of(trust));
  }
  return format(
             "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"%s\" "
             "stroke-dasharray=\"%s\" points=\"",
             kColours[series], series == 0 ? "5" : "2.2",
             series == 0 ? "" : kDashes[(series - 1) % kDashes.size()]) +
         points + "\"/>\n";
}

std::string legend_of(const char* name, std::size_t series) {
  const double y = kTop + 12 + 24 * static_cast<double>(series);
  return format(
      "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" "
      "stroke-width=\"%s\" stroke-dasharray=\"%s\"/><text x=\"%.1f\" y=\"%.1f\">%s</text>\n",
      kRight + 16, y, kRight + 48, y, kColours[series], series == 0 ? "5" : "2.2",
      series == 0 ? "" : kDashes[(series - 1) % kDashes.size()], kRight + 56, y + 4.5, name);
}

}  // namespace

std::vector<Plot> plots_of(const Simulation& simulation) {
  std::size_t days = 0;
  for (const Tally& tally : simulation.sum.kinds) {
    if (!tally.seen_by_day.empty()) days = std::max(days, tally.seen_by_day.size() - 1);
  }
  std::vector<Plot> plots;
  for (const Picture& group : groups()) {
    std::string svg = frame(group, days);
    std::size_t series = 0;
    for (const char* name : group.kinds) {
      const Tally& tally = simulation.sum.kinds[kind_number(name)];
      if (tally.keys == 0) continue;
      svg += line_of(tally, series, days) + legend_of(name, series);
      ++series;
    }
    if (series > 1) plots.push_back({group.name, svg + "</svg>\n"});
  }
  return plots;
}

}  // namespace assay::sim
