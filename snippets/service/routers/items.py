"""Items, each of which has an owner (chapter 13)."""

import sqlalchemy as sa
from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool

from ..models import ItemRow, Session, StoredUser
from ..security import Item, NewItem, Owner, OwnItem

router = APIRouter()


def add_item(owner: StoredUser, new: NewItem) -> Item:
    """Store an item for its owner."""
    with Session.begin() as session:
        row = ItemRow(owner_id=owner.id, title=new.title)
        session.add(row)
        session.flush()
        return Item.model_validate(row)


def items_of(owner: StoredUser) -> list[Item]:
    """Return a user's items, in the order of their titles."""
    mine = sa.select(ItemRow).where(ItemRow.owner_id == owner.id)
    with Session() as session:
        rows = session.scalars(mine.order_by(ItemRow.title, ItemRow.id))
        return [Item.model_validate(row) for row in rows]


def delete_item(item: Item, owner: StoredUser) -> bool:
    """Delete a user's own item; return whether it was still there."""
    gone = (
        sa.delete(ItemRow)
        .where(ItemRow.id == item.id, ItemRow.owner_id == owner.id)
        .returning(ItemRow.id)
    )
    with Session.begin() as session:
        return session.scalar(gone) is not None


@router.post("/items/", status_code=201)
async def create_item(new: NewItem, owner: Owner) -> Item:
    """Store an item of the current user's."""
    return await run_in_threadpool(add_item, owner, new)


@router.get("/items/")
async def read_items(owner: Owner) -> list[Item]:
    """Return the current user's stored items."""
    return await run_in_threadpool(items_of, owner)


@router.get("/items/{item_id}")
async def read_item(item: OwnItem) -> Item:
    """Return one of the current user's items."""
    return item


@router.delete("/items/{item_id}", status_code=204)
async def remove_item(item: OwnItem, owner: Owner) -> None:
    """Delete one of the current user's items."""
    await run_in_threadpool(delete_item, item, owner)
