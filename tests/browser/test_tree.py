"""The tree of customers: walked, searched, shown as of a day, and changed by hand."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.server import Seller
from tests.browser.story import Family, choose, customer, dialog, family, february, row, table

DRAGGED = re.compile("here")


def move(seller: Seller, who: str, parent: str | None, day: str, **more: str) -> None:
    body = {"parentId": parent, "effectiveFrom": f"{day}T00:00:00Z", **more}
    seller.make(f"/customers/{who}/moves", body)


def tree(page: Page, query: str = "") -> Locator:
    """The tree, when its first customers are there."""
    page.goto(f"/customers?view=tree{query}")
    found = page.get_by_role("tree", name="Customers", exact=True)
    expect(found.get_by_role("treeitem").first).to_be_visible()
    return found


def item(shown: Locator, name: str) -> Locator:
    return shown.get_by_role("treeitem", name=name)


def texts(shown: Locator) -> Locator:
    return shown.locator(".tree-name")


def drag(page: Page, what: Locator, onto: Locator) -> None:
    """Press, pull, and hold above the target."""
    start, goal = what.bounding_box(), onto.bounding_box()
    assert start
    assert goal
    page.mouse.move(start["x"] + 60, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(start["x"] + 70, start["y"] + start["height"] / 2 + 4, steps=3)
    page.mouse.move(goal["x"] + 60, goal["y"] + goal["height"] / 2, steps=4)


def sold(seller: Seller) -> Family:
    """A family whose shop went to the GmbH on 1 February and to the loner on 5 March."""
    kin = family(seller)
    move(seller, kin.shop, kin.gmbh, "2026-02-01", reason="Reorganised")
    move(seller, kin.shop, kin.loner, "2026-03-05", reason="Sold")
    return kin


def test_the_slider_shows_the_tree_of_any_day(page: Page, seller: Seller) -> None:
    sold(seller)
    shown = tree(page)
    expect(item(shown, "Loner Ltd")).to_contain_text("1 child")
    slider = page.get_by_role("slider", name="Tree as of")
    expect(slider).to_have_attribute("aria-valuetext", "10 Mar 2026")

    page.get_by_role("button", name="Previous move").click()
    expect(slider).to_have_attribute("aria-valuetext", "5 Mar 2026")
    expect(page.get_by_role("region", name="Moves on this day")).to_contain_text(
        "Northwind GmbH → Loner Ltd"
    )
    slider.focus()
    page.keyboard.press("ArrowLeft")

    expect(page.get_by_role("status")).to_contain_text("The tree as it was on 4 Mar 2026")
    expect(item(shown, "Loner Ltd")).not_to_contain_text("child")
    expect(page).to_have_url(re.compile("asOf=2026-03-04"))
    page.keyboard.press("Shift+ArrowLeft")
    expect(slider).to_have_attribute("aria-valuetext", "1 Feb 2026")
    page.get_by_role("button", name="Back to today").click()
    expect(page.get_by_role("status")).to_be_hidden()
    expect(item(shown, "Loner Ltd")).to_contain_text("1 child")


def test_the_slider_is_pulled_with_the_mouse_to_a_day_with_moves(
    page: Page, seller: Seller
) -> None:
    sold(seller)
    shown = tree(page)
    thumb = page.get_by_role("slider", name="Tree as of")
    mark = page.get_by_title("Moves on 1 Feb 2026")
    start, goal = thumb.bounding_box(), mark.bounding_box()
    assert start
    assert goal

    page.mouse.move(start["x"] + 8, start["y"] + 8)
    page.mouse.down()
    page.mouse.move(goal["x"] + 5, goal["y"] + 8, steps=5)
    expect(page.locator(".day-bubble")).to_have_text("1 Feb 2026")
    page.mouse.up()

    expect(page.get_by_role("status")).to_contain_text("1 Feb 2026")
    item(shown, "Northwind Group").press("*")
    expect(item(shown, "Northwind GmbH")).to_contain_text("1 child")


def test_what_was_open_stays_open_on_another_day(page: Page, seller: Seller) -> None:
    sold(seller)
    shown = tree(page, "&asOf=2026-01-15")
    item(shown, "Northwind Group").press("ArrowRight")
    item(shown, "Northwind Ltd").press("ArrowRight")
    expect(item(shown, "Northwind Leeds")).to_be_visible()

    page.get_by_label("Tree as of").first.fill("2026-02-10")

    expect(item(shown, "Northwind GmbH")).to_contain_text("1 child")
    expect(item(shown, "Northwind Leeds")).to_have_count(0)
    page.get_by_label("Tree as of").first.fill("2026-01-15")
    expect(item(shown, "Northwind Leeds")).to_be_visible()


def test_the_tree_as_we_knew_it_is_only_read(page: Page, seller: Seller) -> None:
    sold(seller)
    shown = tree(page)
    page.get_by_label("As we knew it on").fill("2026-03-09")

    expect(page.get_by_role("status")).to_contain_text("as we knew it on 9 Mar 2026")
    expect(page.get_by_text("Nobody is here")).to_be_visible()
    page.get_by_label("As we knew it on").fill("2026-03-10")
    loner = item(shown, "Loner Ltd")
    expect(loner).to_have_attribute("draggable", "false")
    loner.click()
    expect(page.get_by_role("button", name="Move…")).to_be_disabled()


def test_a_search_shows_matches_below_their_ancestors_of_the_day(
    page: Page, seller: Seller
) -> None:
    sold(seller)
    tree(page)
    page.get_by_label("Search the tree").fill("leeds")

    found = page.get_by_role("tree", name="Customers found")
    expect(texts(found)).to_have_text(["Loner Ltd", "Northwind Leeds"])
    page.get_by_label("Tree as of").first.fill("2026-02-10")
    expect(texts(found)).to_have_text(["Northwind Group", "Northwind GmbH", "Northwind Leeds"])
    item(found, "Northwind Leeds").press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(texts(found)).to_have_text(["Northwind Group", "Northwind GmbH"])


def test_a_match_opens_like_any_other_customer(page: Page, seller: Seller) -> None:
    family(seller)
    tree(page)
    page.get_by_label("Search the tree").fill("group")
    found = page.get_by_role("tree", name="Customers found")
    expect(texts(found)).to_have_text(["Northwind Group"])

    item(found, "Northwind Group").press("ArrowRight")

    expect(texts(found)).to_have_text(["Northwind Group", "Northwind GmbH", "Northwind Ltd"])


def test_the_chosen_customer_shows_who_is_above_it_and_where_it_stood(
    page: Page, seller: Seller
) -> None:
    kin = sold(seller)
    shown = tree(page, f"&chosen={kin.shop}&asOf=2026-02-10")

    leeds = item(shown, "Northwind Leeds")
    expect(leeds).to_have_attribute("aria-selected", "true")
    above = shown.locator("[data-line]").locator(".tree-name")
    expect(above).to_have_text(["Northwind Group", "Northwind GmbH"])
    stays = page.get_by_role("region", name="Where it stood").get_by_role("listitem")
    expect(stays).to_have_count(3)
    expect(stays.nth(0)).to_contain_text("Loner Ltd5 Mar 2026 on“Sold”")
    expect(stays.nth(1)).to_contain_text("1 Feb 2026 until 5 Mar 2026")
    stays.nth(0).get_by_role("button", name="5 Mar 2026").click()
    expect(above).to_have_text(["Loner Ltd"])


def test_a_customer_is_dragged_to_its_new_parent(page: Page, seller: Seller) -> None:
    kin = family(seller)
    draft = february(seller, kin)
    shown = tree(page, f"&asOf=2026-02-01&chosen={kin.shop}")
    leeds, loner = item(shown, "Northwind Leeds"), item(shown, "Loner Ltd")
    expect(leeds).to_be_visible()

    drag(page, leeds, loner)
    expect(loner).to_have_attribute("data-drop", "here")
    page.mouse.up()

    form = dialog(page, "Move Northwind Leeds")
    expect(form.get_by_role("combobox", name="New parent")).to_have_value("Loner Ltd")
    expect(form.get_by_label("From", exact=True)).to_have_value("2026-02-01")
    bills = table(form, "Effect on bills")
    expect(row(bills, "Northwind Group")).to_have_text("Northwind Group238.65 USD223.65 USD-15.00")
    assert "parentId" in seller.client.get(f"/customers/{kin.shop}").json()
    form.get_by_label("Reason").fill("Sold")
    form.get_by_role("button", name="Move", exact=True).click()

    expect(form).to_be_hidden()
    expect(
        page.get_by_text("Northwind Leeds is below Loner Ltd from 1 Feb 2026 on.")
    ).to_be_visible()
    expect(texts(shown)).to_have_text(["Loner Ltd", "Northwind Leeds", "Northwind Group"])
    assert seller.client.get(f"/customers/{kin.shop}").json()["parentId"] == kin.loner
    assert seller.client.get(f"/invoices/{draft}").json()["netTotal"] == "223.65"


def test_nothing_moves_without_being_confirmed(page: Page, seller: Seller) -> None:
    kin = family(seller)
    shown = tree(page)

    drag(page, item(shown, "Loner Ltd"), item(shown, "Northwind Group"))
    page.mouse.up()
    form = dialog(page, "Move Loner Ltd")
    form.get_by_role("button", name="Cancel").click()

    expect(form).to_be_hidden()
    expect(item(shown, "Loner Ltd")).to_be_focused()
    assert seller.items(f"/customers/{kin.loner}/parent-history") == []


def test_a_customer_does_not_take_those_above_it_nor_its_own_children(
    page: Page, seller: Seller
) -> None:
    kin = family(seller)
    shown = tree(page, f"&chosen={kin.shop}")
    group, limited, leeds = (
        item(shown, name) for name in ("Northwind Group", "Northwind Ltd", "Northwind Leeds")
    )
    expect(leeds).to_be_visible()

    drag(page, group, leeds)
    expect(leeds).not_to_have_attribute("data-drop", DRAGGED)
    page.mouse.up()
    drag(page, leeds, limited)
    expect(limited).not_to_have_attribute("data-drop", DRAGGED)
    page.mouse.up()

    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_customer_dropped_on_the_top_stands_alone(page: Page, seller: Seller) -> None:
    kin = family(seller)
    shown = tree(page, f"&chosen={kin.gmbh}")
    gmbh = item(shown, "Northwind GmbH")
    expect(gmbh).to_be_visible()

    top = page.locator(".tree-top")
    drag(page, gmbh, top)
    expect(top).to_have_attribute("data-drop", "here")
    page.mouse.up()
    form = dialog(page, "Move Northwind GmbH")
    expect(form.get_by_role("combobox", name="New parent")).to_have_value("")
    form.get_by_role("button", name="Move", exact=True).click()

    expect(form).to_be_hidden()
    expect(texts(shown).first).to_have_text("Loner Ltd")
    assert "parentId" not in seller.client.get(f"/customers/{kin.gmbh}").json()


def test_a_customer_is_moved_with_the_keyboard(page: Page, seller: Seller) -> None:
    kin = family(seller)
    shown = tree(page)
    item(shown, "Loner Ltd").focus()

    page.keyboard.press("Shift+F10")
    expect(page.get_by_role("menu", name="Actions for Loner Ltd")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Move…")).to_be_focused()
    page.keyboard.press("Enter")
    form = dialog(page, "Move Loner Ltd")
    choose(form, "New parent", "Northwind GmbH", typing="gmbh")
    expect(form.get_by_text("No bill changes by the usage there is so far.")).to_be_visible()
    form.get_by_role("button", name="Move", exact=True).press("Enter")

    expect(form).to_be_hidden()
    expect(item(shown, "Loner Ltd")).to_have_attribute("aria-level", "3")
    assert seller.client.get(f"/customers/{kin.loner}").json()["parentId"] == kin.gmbh


def test_keys_in_quick_succession_are_for_the_menu(page: Page, seller: Seller) -> None:
    family(seller)
    shown = tree(page)
    item(shown, "Loner Ltd").focus()

    focused = page.evaluate(
        """async () => {
            const press = more => document.activeElement.dispatchEvent(
                new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...more }));
            press({ key: "F10", shiftKey: true });
            await Promise.resolve().then(() => {});  // the menu is drawn, before any timer
            press({ key: "ArrowDown" });
            await new Promise(done => setTimeout(done, 1));  // after the timers set until now
            return document.activeElement.textContent;
        }"""
    )

    assert focused == "Move…"


def test_escape_leaves_the_menu_for_the_row_it_came_from(page: Page, seller: Seller) -> None:
    family(seller)
    shown = tree(page)
    item(shown, "Northwind Group").focus()

    page.keyboard.press("Shift+F10")
    expect(page.get_by_role("menuitem", name="Open customer")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.get_by_role("menu")).to_have_count(0)
    expect(item(shown, "Northwind Group")).to_be_focused()


def test_a_move_a_finalised_invoice_forbids_cannot_be_confirmed(page: Page, seller: Seller) -> None:
    kin = family(seller)
    seller.make(f"/invoices/{february(seller, kin)}/finalize", {})
    tree(page, f"&asOf=2026-02-01&chosen={kin.shop}")

    page.get_by_role("button", name="Move…").click()
    form = dialog(page, "Move Northwind Leeds")
    form.get_by_role("button", name="Clear selection").click()

    expect(form.get_by_text("Not possible")).to_be_visible()
    expect(form.get_by_role("button", name="Move", exact=True)).to_be_disabled()
    form.get_by_label("From", exact=True).fill("2026-03-01")
    expect(form.get_by_role("button", name="Move", exact=True)).to_be_enabled()


def large(seller: Seller, count: int) -> None:
    """A customer with many below it, c000 and so on, and one of them with one below it."""
    top = customer(seller, "Top")
    rows = "\n".join(f"c{number:03},{top}" for number in range(count))
    answer = seller.client.post(
        "/customers/import",
        content=f"customer,parent\n{rows}\nshop,c250\n",
        headers={"Content-Type": "text/csv"},
    )
    assert answer.is_success, answer.text


def test_a_large_level_is_read_as_it_is_scrolled(page: Page, seller: Seller) -> None:
    large(seller, 330)
    shown = tree(page)
    item(shown, "Top").press("ArrowRight")
    expect(item(shown, "c001")).to_have_attribute("aria-setsize", "330")
    assert shown.get_by_role("treeitem").count() < 60

    page.keyboard.press("End")
    expect(item(shown, "c329")).to_be_focused()
    page.keyboard.press("Home")
    expect(item(shown, "Top")).to_be_focused()
    page.locator(".tree").evaluate("box => { box.scrollTop = 150 * 34 }")
    expect(item(shown, "c151")).to_be_in_viewport()
    expect(item(shown, "Top")).to_have_attribute("tabindex", "0")
    page.keyboard.press("ArrowDown")
    expect(item(shown, "c000")).to_be_focused()
    expect(item(shown, "c000")).to_be_in_viewport()


def test_the_chosen_customer_is_revealed_among_many_siblings(page: Page, seller: Seller) -> None:
    large(seller, 330)
    shop = seller.items("/customers", legalName="shop")[0]["id"]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    shown = tree(page, f"&chosen={shop}")

    chosen = item(shown, "shop")
    expect(chosen).to_have_attribute("aria-selected", "true")
    expect(chosen).to_be_in_viewport()
    expect(item(shown, "c250")).to_have_attribute("aria-posinset", "251")
    assert not any("position=100" in url for url in asked)
    expect(chosen).to_have_attribute("aria-level", "3")
