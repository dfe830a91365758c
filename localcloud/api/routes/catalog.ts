import { imageView, regionView, sizeView, type Image } from "../catalog.ts";
import type { Cloud } from "../cloud.ts";
import { notFound } from "../http/errors.ts";
import { paginate } from "../http/pagination.ts";
import { param, route, type Route } from "../http/route.ts";

export function catalogRoutes(cloud: Cloud): Route[] {
  const { catalog } = cloud;
  return [
    route({ method: "GET", path: "/v2/regions", scopes: ["regions:read"] }, (call) => ({
      status: 200,
      body: paginate("regions", catalog.regions, (region) => regionView(catalog, region.slug), call),
    })),
    route({ method: "GET", path: "/v2/sizes", scopes: ["sizes:read", "regions:read"] }, (call) => ({
      status: 200,
      body: paginate("sizes", catalog.sizes, (size) => sizeView(catalog, size.slug), call),
    })),
    route({ method: "GET", path: "/v2/images", scopes: ["image:read"] }, (call) => ({
      status: 200,
      body: paginate("images", matching(catalog.images, call.query), (image) => imageView(catalog, image.slug), call),
    })),
    route({ method: "GET", path: "/v2/images/{image_id}", scopes: ["image:read"] }, (call) => {
      const image = findImage(catalog.images, param(call, "image_id"));
      if (image === undefined) throw notFound();
      return { status: 200, body: { image: imageView(catalog, image.slug) } };
    }),
  ];
}

/** By slug, or by number in either notation. */
export function findImage(images: Image[], wanted: string | number): Image | undefined {
  return images.find((image) => image.slug === wanted || String(image.id) === String(wanted));
}

/** Every image here is a public distribution without tags: asking for any other kind finds none. */
function matching(images: Image[], query: URLSearchParams): Image[] {
  const others = query.get("private") === "true" || query.has("tag_name") || query.get("type") === "application";
  return others ? [] : images;
}
